import { describe, expect, it, test } from 'vitest'
import { linesOf, postLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const THREAD = 'th_moved'
const first = (extra: object = {}) =>
  aDraft({ thread: THREAD, clock: 0, body: { namespace: 'team', ...extra } })
const later = (clock = 1) => aDraft({ thread: THREAD, clock, body: { n: clock } })
const create = (at: TestDaemon, name: string) => at.post('/v1/namespaces', { name })
const archive = (at: TestDaemon, isArchived: boolean) =>
  fetch(`${at.base}/v1/namespaces`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'team', archived: isArchived }),
  })
const codes = async (at: TestDaemon, lines: readonly unknown[], bearer = at.bearer) =>
  (await postLines({ base: at.base, bearer }, linesOf(lines))).outcomes.map(
    (one) => one.code ?? one.outcome,
  )
const place = (at: TestDaemon) => at.daemon.store.namespaceOf(THREAD)

describe('a thread whose first record is refused', () => {
  it('is begun by no later one, in the same append or the next, and is in its namespace once that is there', async () => {
    await using at = await aDaemon()
    const home = foreignHome()
    const lines = [first(), later(1), later(2)].map((draft) => home.sign(draft))
    expect(await codes(at, lines)).toEqual(Array(3).fill('NAMESPACE_REJECTED'))
    expect(await codes(at, lines.slice(1))).toEqual(Array(2).fill('NAMESPACE_REJECTED'))
    expect(place(at)).toBeUndefined()
    expect((await create(at, 'team')).status).toBe(201)
    expect(await codes(at, lines)).toEqual(Array(3).fill('accepted'))
    expect(place(at)).toBe('team')
  })

  it('stays where it belongs also if its namespace is archived', async () => {
    await using at = await aDaemon()
    await create(at, 'team')
    expect((await archive(at, true)).status).toBe(200)
    const home = foreignHome()
    const lines = [first(), later()].map((draft) => home.sign(draft))
    expect(await codes(at, lines)).toEqual(Array(2).fill('NAMESPACE_REJECTED'))
    expect((await archive(at, false)).status).toBe(200)
    expect(await codes(at, lines)).toEqual(['accepted', 'accepted'])
    expect(place(at)).toBe('team')
  })

  it.each([
    [
      'was changed on its way',
      (line: object) => ({ ...line, sig: 'A'.repeat(86) }),
      'INVALID_RECORD',
    ],
    ['was redacted', (line: object) => ({ ...line, redacted: {} }), 'RECORD_REDACTED'],
  ])('is begun by no later one if the first %s', async (_what, spoil, code) => {
    await using at = await aDaemon()
    await create(at, 'team')
    const home = foreignHome()
    const lines = [spoil(home.sign(first())), home.sign(later())]
    expect(await codes(at, lines)).toEqual([code, 'NAMESPACE_REJECTED'])
    // Whoever knows its namespace begins it there.
    expect((await at.post('/v1/records', { ...first(), clock: 9 })).status).toBe(201)
    expect(await codes(at, [home.sign(later())])).toEqual(['accepted'])
    expect(place(at)).toBe('team')
  })

  it('of new records: not in the same append, and as its writer wants in the next', async () => {
    await using at = await aDaemon()
    expect(await codes(at, [first(), later()])).toEqual(Array(2).fill('NAMESPACE_REJECTED'))
    expect(await codes(at, [later()])).toEqual(['accepted'])
    expect(place(at)).toBe('default')
  })

  it('hinders no other thread, and none that is here', async () => {
    await using at = await aDaemon()
    const home = foreignHome()
    await at.post('/v1/records', later(0))
    const other = aDraft({ thread: 'th_other', clock: 0 })
    const lines = [first(), later(5), other].map((draft) => home.sign(draft))
    expect(await codes(at, lines)).toEqual(['NAMESPACE_REJECTED', 'accepted', 'accepted'])
  })
})

test('a dry run tells of mixed lines what the real run tells of them, and writes nothing', async () => {
  const bearers = ['admin', 'reach'] as const
  for (let seed = 1; seed <= 8; seed += 1) {
    await using at = await aDaemon()
    await create(at, 'open')
    await create(at, 'team')
    await at.post('/v1/records', aDraft({ thread: 'th_0', clock: 0, body: { namespace: 'team' } }))
    const gone = (await (
      await at.post('/v1/records', aDraft({ thread: 'th_1', clock: 0, body: { gone: 1 } }))
    ).json()) as { id: string }
    await at.post(`/v1/records/${gone.id}/redact`, { reason: 'a test' })
    await archive(at, true)
    const reach = await at.post('/v1/service-accounts', {
      name: 'bound',
      scopes: ['records:write', 'federation:manage'],
      reach: { namespaces: ['open'], threads: ['th_1'] },
      actors: ['did:sync:user:ada'],
      with_token: true,
    })
    const { minted } = (await reach.json()) as { minted: { token: string } }
    const home = foreignHome()
    let state = seed * 7919
    const pick = <Item>(items: readonly Item[]): Item => {
      state = (state * 1103515245 + 12345) % 2147483648
      return items[Math.floor((state / 2147483648) * items.length)] as Item
    }
    const lines = Array.from({ length: 60 }, (_, n) => {
      const namespace = pick([undefined, undefined, 'open', 'team', 'missing', 'No Name'])
      const draft = aDraft({
        thread: pick(['th_0', 'th_1', 'th_2', 'th_3', 'th_4', 'th_5', 'th_consent', 'th_audit_x']),
        clock: pick([0, 1, 2, n, n, 2 ** 53 - 1]),
        body: pick([{ gone: 1 }, { n, ...(namespace !== undefined && { namespace }) }]),
      })
      const { clock: _clock, ...rest } = draft
      // On threads of their own: which clock such a line takes from others depends on the time.
      const next = { ...rest, thread: pick(['th_6', 'th_7']), body: { ...rest.body, unique: n } }
      return pick([draft, home.sign(draft), next, { ...home.sign(draft), sig: 'A'.repeat(86) }])
    })
    for (const who of bearers) {
      const bearer = who === 'admin' ? at.bearer : minted.token
      const head = at.daemon.store.head()
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' }
      const dry = await fetch(`${at.base}/v1/records?dry_run=true`, {
        method: 'POST',
        headers,
        body: linesOf(lines),
      })
      const told = (await dry.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => line['object'] === undefined)
      expect(at.daemon.store.head()).toBe(head)
      const real = await postLines({ base: at.base, bearer }, linesOf(lines))
      const plain = ({ line, outcome, code, message }: Record<string, unknown>) => ({
        line,
        outcome,
        code,
        message,
      })
      expect([seed, who, ...told.map(plain)]).toEqual([
        seed,
        who,
        ...real.outcomes.map((one) => plain({ ...one })),
      ])
      expect(new Set(told.map(({ outcome }) => outcome)).size).toBeGreaterThan(1)
    }
  }
})

test('a dry run knows where a thread that it would begin belongs, hundreds of lines later', async () => {
  await using at = await aDaemon()
  await create(at, 'open')
  const account = await at.post('/v1/service-accounts', {
    name: 'bound',
    scopes: ['records:write'],
    reach: { namespaces: ['open'] },
    actors: ['did:sync:user:ada'],
    with_token: true,
  })
  const { minted } = (await account.json()) as { minted: { token: string } }
  const body = { namespace: 'open' }
  const lines = Array.from({ length: 900 }, (_, clock) =>
    aDraft({ thread: THREAD, clock, body: clock === 0 ? body : { n: clock } }),
  )
  const target = { base: at.base, bearer: minted.token }
  const dry = await fetch(`${target.base}/v1/records?dry_run=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.bearer}`, 'content-type': 'application/x-ndjson' },
    body: linesOf(lines),
  })
  expect(await dry.text()).toContain('"lines":900,"accepted":900')
  expect(place(at)).toBeUndefined()
  expect((await postLines(target, linesOf(lines))).summary).toMatchObject({ accepted: 900 })
})
