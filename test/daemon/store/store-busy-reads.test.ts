import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { STORE_LIMITS } from '../../../local-daemon/store/limits.ts'
import { until } from '../../support/until.ts'
import { overSocket } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { POST } from './store-answers.ts'
import { aHolder } from '../../support/daemon/a-holder.ts'

/** Milliseconds until it is answered. */
async function took(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

describe('a store that another program has locked', () => {
  it('lets reads continue at once, and refuses writes in time', { timeout: 30_000 }, async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    const letGo = await aHolder(at.database)
    const started = performance.now()
    const account = at.daemon().store.accounts()[0]?.id
    const mint = { method: 'POST', body: JSON.stringify({ service_account_id: account }) }
    const writes = [
      at.ask('/v1/records', POST),
      at.ask('/v1/records', POST),
      at.ask('/v1/records', { ...POST, headers: { 'idempotency-key': 'once' } }),
      at.ask('/v1/tokens', mint),
      at.ask('/v1/invites', { method: 'POST', body: JSON.stringify({ device: 'tv' }) }),
      at.ask('/v1/config/token_burst', { method: 'POST', body: '{"value":300}' }),
    ]
    const waits: number[] = []
    const answered = Promise.all(writes)
    let isAnswered = false
    void answered.then(() => (isAnswered = true))
    while (!isAnswered) {
      waits.push(await took(() => at.told('/health')))
      waits.push(await took(() => at.told('/v1/records?thread=th_test')))
      await sleep(20)
    }
    waits.sort((left, right) => left - right)
    // Most of it is this machine, which other tests share; a wait for the lock would be seconds.
    expect(waits.at(-1)).toBeLessThan(STORE_LIMITS.storeBusyMs / 5)
    expect(waits[Math.floor(waits.length * 0.9)]).toBeLessThan(100)
    expect(performance.now() - started).toBeGreaterThan(STORE_LIMITS.storeBusyMs * 0.9)
    for (const answer of await answered) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
      expect(await answer.json()).toMatchObject({
        code: 'STORE_BUSY',
        try: expect.stringContaining('fuser'),
      })
    }
    const { text } = await overSocket(at.daemon().addresses.socket, '/health')
    expect(JSON.parse(text)).toMatchObject({ store: { problem: { code: 'STORE_BUSY' } } })
    await letGo()
    await until(
      'the trouble has passed, with nobody writing',
      () => at.daemon().store.trouble() === undefined,
    )
    expect(await at.told('/v1/records', POST)).toBe('201')
  })
})
