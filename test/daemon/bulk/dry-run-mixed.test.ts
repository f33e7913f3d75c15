import { expect, test } from 'vitest'
import { linesOf, outcomesOf, postLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const THREAD = 'th_moved'
const create = (at: TestDaemon, name: string) => at.post('/v1/namespaces', { name })
const archive = ({ daemon }: TestDaemon, archived: boolean) =>
  daemon.access.namespaces.change('team', { archived })

test('a dry run counts a record that begins one of the daemon’s own threads once', async () => {
  await using at = await aDaemon()
  const thread = 'th_consent'
  const { clock: _clock, ...clockless } = aDraft({ thread, clock: 0, body: { n: 0 } })
  const lines = [
    clockless,
    aDraft({ thread, clock: 1, body: { n: 1 } }),
    { ...clockless, body: {} },
  ]
  const dry = outcomesOf(await (await at.post('/v1/records?dry_run=true', lines)).text())
  expect(dry.outcomes.map(({ outcome }) => outcome)).toEqual(Array(3).fill('accepted'))
  const real = await postLines(at, linesOf(lines))
  expect(real.outcomes.map(({ outcome }) => outcome)).toEqual(Array(3).fill('accepted'))
})

test.each([1, 2, 3, 4, 5, 6])(
  'a dry run tells of mixed lines what the real run tells of them, and writes nothing: %i',
  async (seed) => {
    const bearers = ['admin', 'reach'] as const
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
      const next = { ...rest, body: { ...rest.body, unique: n } }
      const signed = {
        ...home.sign(draft),
        namespace: pick([undefined, 'open', 'team', 'default', namespace]),
      }
      return pick([draft, signed, next, { ...home.sign(draft), sig: 'A'.repeat(86) }])
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
  },
)

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
  expect(at.daemon.store.namespaceOf(THREAD)).toBeUndefined()
  expect((await postLines(target, linesOf(lines))).summary).toMatchObject({ accepted: 900 })
})
