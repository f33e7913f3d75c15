import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../support/until.ts'
import { open } from '../../support/clients/send.ts'
import type { Arena } from '../arena.ts'
import type { Outcome } from '../outcome.ts'
import { anAccount, askUntilTold } from './owner-requests.ts'
import type { Violation } from '../violation.ts'

const LIVE_MS = 45_000

/**
 * Somebody who reads a long answer slowly, and whose bearer is revoked, or replaced, in the middle of it. The bearer is
 * good for nothing from then on, and the answer comes to an end of whatever sort.
 */
export async function revokeReader(arena: Arena, ends: 'revoke' | 'rotate'): Promise<Outcome> {
  const account = await anAccount(arena, ['records:read'])
  const violations: Violation[] = []
  let bytes = 0
  let over = false
  let release = () => {}
  await until(
    'a long answer has begun',
    async () => {
      const path = '/v1/sync/changes?limit=1000'
      const headers = [['authorization', `Bearer ${account.bearer}`]] as const
      const { request, answer } = open(arena.clientLink.port, { path, headers })
      const incoming = await answer.catch(() => undefined)
      if (incoming?.statusCode !== 200) {
        request.destroy()
        return false
      }
      incoming.on('error', () => {})
      incoming.once('close', () => (over = true))
      incoming.on('data', (part: Buffer) => (bytes += part.length))
      await Promise.race([once(incoming, 'data'), once(incoming, 'close')]).catch(() => {})
      incoming.pause()
      release = () => incoming.resume()
      return bytes > 0
    },
    LIVE_MS,
  )
  const path = `/v1/service-accounts/${account.id}`
  const owner = arena.home.bearer
  const { status } =
    ends === 'revoke'
      ? await askUntilTold(arena, owner, { method: 'DELETE', path })
      : await askUntilTold(arena, owner, { method: 'POST', path: `${path}/rotate`, body: {} })
  const after = await askUntilTold(arena, account.bearer, { method: 'GET', path: '/v1/identity' })
  if (after.status !== 401) {
    const text = `a bearer that ended (${ends}: ${status}) was answered with ${after.status}`
    violations.push({ check: 'answers', kind: 'revoked-taken', text })
  }
  await sleep(50)
  release()
  const ended = until('its answer is over', () => over, LIVE_MS)
  await ended.catch(() => {
    const text = 'the answer of a bearer that ended neither goes on nor ends'
    violations.push({ check: 'arrival', kind: 'stuck', text })
  })
  return { effect: `${ends} in an answer of ${bytes} bytes`, bytes, violations }
}
