import { describe, expect, it, vi } from 'vitest'
import { pino } from 'pino'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { STORE_LIMITS } from '../../../local-daemon/store/limits.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'

type Json = Record<string, unknown>
const tea = aDraft({ thread: 'th_once' })

async function send(at: TestDaemon, key: string, body: object = tea, bearer = at.bearer) {
  const headers = { 'idempotency-key': key, authorization: `Bearer ${bearer}` }
  const answer = await at.post('/v1/records', body, headers)
  return { status: answer.status, body: (await answer.json()) as Json }
}
const count = (at: TestDaemon) => at.daemon.store.thread('th_once')?.records ?? 0

describe('an append with an Idempotency-Key', () => {
  it('makes one record, even if it is sent often and at the same time', async () => {
    await using at = await aDaemon()
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(at, 'one')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(19).fill(200), 201])
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1)
    expect((await send(at, '"one"')).status).toBe(200)
    expect(count(at)).toBe(1)
    // Without a key, or with another one, it is another record.
    expect((await send(at, 'two')).status).toBe(201)
    expect((await at.post('/v1/records', tea)).status).toBe(201)
    expect(count(at)).toBe(3)
  })

  it('is another record’s mistake when the key comes back', async () => {
    await using at = await aDaemon()
    await send(at, 'one')
    for (const other of [
      { ...tea, body: { text: 'coffee' } },
      { ...tea, thread: 'th_other' },
      { ...tea, clock: 0 },
      { ...tea, actor: 'did:sync:user:bob' },
    ]) {
      const { status, body } = await send(at, 'one', other)
      expect([status, body['code']]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    }
    expect(count(at)).toBe(1)
  })

  it('has its key to itself', async () => {
    await using at = await aDaemon()
    const other = await at.tokenWith('records:write')
    const { body } = await send(at, 'one')
    const theirs = await send(at, 'one', tea, other)
    expect(theirs.status).toBe(201)
    expect(theirs.body['id']).not.toBe(body['id'])
  })

  it('leaves one audit record of an impersonation', async () => {
    await using at = await aDaemon()
    await send(at, 'one')
    await send(at, 'one')
    expect(at.daemon.store.thread('th_audit_impersonation')?.records).toBe(1)
  })

  it('is not remembered when it was refused', async () => {
    await using at = await aDaemon()
    await send(at, 'first', { ...tea, clock: 0 })
    const taken = { ...tea, clock: 0, body: { text: 'other' } }
    expect((await send(at, 'one', taken)).status).toBe(409)
    expect((await send(at, 'one', { ...taken, clock: 1 })).status).toBe(201)
  })

  it.each(['', ' ', 'a b', 'x'.repeat(256), '""'])('%j is no key', async (key) => {
    await using at = await aDaemon()
    const { status, body } = await send(at, key)
    expect([status, body['code']]).toEqual([400, 'INVALID_HEADERS'])
    expect(count(at)).toBe(0)
  })

  it('is remembered over a restart, and forgotten after a day', async () => {
    using home = aHome()
    const start = () => startDaemon({ home: home.path, port: 0, logger: pino({ level: 'silent' }) })
    const once = { holder: 'owner', key: 'one', fingerprint: Buffer.alloc(32, 1) }
    let daemon = await start()
    const first = await daemon.store.append(tea, { once })
    await daemon.stop()
    daemon = await start()
    const again = await daemon.store.append(tea, { once })
    expect([again.created, again.record.id]).toEqual([false, first.record.id])
    const later = Date.now() + STORE_LIMITS.idempotencyMs + 1
    vi.spyOn(Date, 'now').mockReturnValue(later)
    try {
      await daemon.store.append(tea, { once: { ...once, key: 'two' } })
      expect((await daemon.store.append(tea, { once })).created).toBe(true)
    } finally {
      vi.restoreAllMocks()
    }
    await daemon.stop()
  })
})
