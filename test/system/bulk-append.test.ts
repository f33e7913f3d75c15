import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { type Daemon, startDaemon } from '../../local-daemon/daemon.ts'
import { type Gateway, startGateway } from '../../local-daemon/gateway/start-gateway.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { prepareHome } from '../../local-daemon/home/prepare-home.ts'
import { REQUEST_LIMITS } from '../../local-daemon/requests/limits.ts'
import { linesOf, outcomesOf, postLines, SlowLines } from '../support/bulk/post-lines.ts'
import { foreignHome } from '../support/bulk/signed-lines.ts'
import { ADA, aDraft, aHome } from '../support/daemon/a-daemon.ts'
import { until } from '../support/until.ts'

let home: ReturnType<typeof aHome>
let gateway: Gateway
let daemon: Daemon
let at: { readonly base: string; readonly bearer: string }

beforeAll(async () => {
  home = aHome()
  prepareHome(homeAt(home.path))
  const ownerDid = loadIdentity(homeAt(home.path)).did
  gateway = await startGateway({ ownerDid, directory: join(home.path, 'gateway'), port: 0 })
  const logger = pino({ level: 'silent' })
  const tunnel = { gatewayUrl: gateway.url }
  daemon = await startDaemon({ home: home.path, port: 0, logger, tunnel })
  at = { base: gateway.url, bearer: daemon.adminBearer ?? '' }
  await until('the gateway keeps the policy', () => daemon.access.edge.report().state === 'applied')
})
afterAll(async () => {
  await daemon.stop()
  await gateway.stop()
  home[Symbol.dispose]()
})

const wide = (thread: string, clock: number) =>
  aDraft({ thread, clock, body: { text: 'x'.repeat(2_000) } })

describe('a bulk append through the gateway', () => {
  test('gives outcomes while the body still comes', async () => {
    const slow = new SlowLines(at)
    for (let clock = 0; clock < 3; clock += 1) {
      await slow.send(linesOf([aDraft({ thread: 'th_slow', clock })]))
      const { outcomes } = await slow.outcomes(clock + 1)
      expect(outcomes[clock]).toMatchObject({ line: clock + 1, outcome: 'accepted' })
    }
    expect((await slow.end()).summary).toMatchObject({ lines: 3, accepted: 3 })
  })

  test('takes more bytes than one record may have, also with their number stated', async () => {
    const { sign } = foreignHome()
    const lines = linesOf(Array.from({ length: 2_000 }, (_, n) => sign(wide('th_large', n))))
    expect(lines.length).toBeGreaterThan(3 * REQUEST_LIMITS.bodyBytes)
    const { outcomes, summary } = await postLines(at, lines)
    expect(summary).toMatchObject({ lines: 2_000, accepted: 2_000 })
    expect(outcomes.map(({ line }) => line)).toEqual(outcomes.map((_, index) => index + 1))
  })

  test('takes an array as large', async () => {
    const answer = await fetch(`${at.base}/v1/records`, {
      method: 'POST',
      headers: { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(Array.from({ length: 1_000 }, (_, n) => wide('th_array', n))),
    })
    expect(outcomesOf(await answer.text()).summary).toMatchObject({ accepted: 1_000 })
  })

  test('ends when its token is revoked, and what has an outcome stays', async () => {
    const account = { name: 'short', scopes: ['records:write' as const], actors: [ADA] }
    const { token, tokenId } = await daemon.access.accounts.createWithToken(account, null)
    await until('the gateway knows it', () => daemon.access.edge.report().state === 'applied')
    const slow = new SlowLines({ base: at.base, bearer: token })
    await slow.send(linesOf([aDraft({ thread: 'th_short', clock: 0 })]))
    const { outcomes } = await slow.outcomes(1)
    expect(outcomes).toMatchObject([{ outcome: 'accepted' }])
    await daemon.access.accounts.revokeToken(tokenId)
    const { cut, summary } = await slow.rest()
    expect(summary).toBeUndefined()
    expect(cut).toMatchObject({ code: 'AUTH_REVOKED', line: 2 })
    const record = await fetch(`${at.base}/v1/records/${outcomes[0]?.id}`, {
      headers: { authorization: `Bearer ${at.bearer}` },
    })
    expect(record.status).toBe(200)
  })
})
