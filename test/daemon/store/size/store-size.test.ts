import { statSync } from 'node:fs'
import BetterSqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { parsePrometheus } from '../../../support/prometheus-text.ts'
import { growthOf } from '../../../../local-daemon/store/size/growth.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../../support/daemon/a-daemon.ts'
import { linesOf, postLines } from '../../../support/bulk/post-lines.ts'
import { until } from '../../../support/until.ts'

const MIB = 1024 ** 2

interface EngineHealth {
  readonly ingested_total: number
  readonly store: Readonly<Record<string, unknown>> & {
    readonly used_bytes: number
    readonly wal_bytes: number
    readonly over_ceiling: boolean
  }
}

async function engine(at: TestDaemon, query = ''): Promise<EngineHealth> {
  return (await (await at.get(`/v1/engine/health${query}`)).json()) as EngineHealth
}

const setCeiling = (at: TestDaemon, value: number | null) =>
  at.post('/v1/config/store_ceiling_bytes', { value })

const append = (at: TestDaemon, n: number, bytes = 100_000) =>
  at.post('/v1/records', aDraft({ thread: 'th_fill', body: { n, text: 'x'.repeat(bytes) } }))

test('a store that has reached its ceiling refuses records, and nothing else, until it is raised', async () => {
  await using at = await aDaemon()
  const { store } = await engine(at)
  expect(store.over_ceiling).toBe(false)
  const ceiling = Math.max(MIB, store.used_bytes) + MIB
  expect((await setCeiling(at, ceiling)).status).toBe(200)
  let taken = 0
  let refused: Response
  for (;;) {
    refused = await append(at, taken)
    if (refused.status !== 201) break
    taken += 1
  }
  expect(refused.status).toBe(507)
  expect(await refused.json()).toMatchObject({
    code: 'STORE_CEILING_REACHED',
    try: expect.stringContaining('spl config set store_ceiling_bytes'),
  })
  expect(taken).toBeGreaterThan(5)
  const full = await engine(at)
  expect(full.store).toMatchObject({ ceiling_bytes: ceiling })
  expect(full.store.used_bytes).toBeLessThanOrEqual(ceiling + 100_000)
  // What is there is read, a repeated append is no growth, and the daemon's own records are written.
  expect((await at.get('/v1/records?thread=th_fill')).status).toBe(200)
  expect((await append(at, 0)).status).not.toBe(500)
  expect(
    (await at.post('/v1/service-accounts', { name: 'late', scopes: ['records:read'] })).status,
  ).toBe(201)
  expect((await setCeiling(at, ceiling + 10 * MIB)).status).toBe(200)
  expect((await append(at, taken)).status).toBe(201)
  expect((await setCeiling(at, null)).status).toBe(200)
  expect((await engine(at)).store).toMatchObject({ ceiling_bytes: null, over_ceiling: false })
})

test('a full store takes no record that a token chooses, on whichever thread, and every change that helps its owner', async () => {
  await using at = await aDaemon()
  const thread = (name: string, n: number, bytes: number) =>
    aDraft({ thread: name, act: 'LEARN', clock: n, body: { topic: 'x', text: 'x'.repeat(bytes) } })
  const kept = (await (await append(at, 0)).json()) as { id: string }
  expect((await setCeiling(at, MIB)).status).toBe(200)
  for (let n = 1; (await append(at, n)).status === 201; n += 1) expect(n).toBeLessThan(50)
  const peer = await at.tokenWith('records:write', 'federation:manage', 'config:write')
  const authorization = `Bearer ${peer}`
  for (const name of ['th_consent', 'th_federation_pairs', 'th_engine_config']) {
    const single = await at.post('/v1/records', thread(name, 1, 500_000), { authorization })
    expect([name, single.status]).toEqual([name, 507])
    const { outcomes } = await postLines(
      { base: at.base, bearer: peer },
      linesOf([thread(name, 2, 500_000), thread(name, 3, 500_000)]),
    )
    expect(outcomes.map(({ code }) => code)).toEqual(Array(2).fill('STORE_CEILING_REACHED'))
  }
  for (const name of ['th_consent', 'th_federation_pairs'])
    expect((await at.post('/v1/records', thread(name, 4, 900_000), { authorization })).status).toBe(
      507,
    )
  // The longest settings there are still go.
  const origins = Array.from({ length: 64 }, (_, n) => `https://${n}.${'a.'.repeat(115)}example`)
  expect((await at.post('/v1/config/auth_cors_origins', { value: origins })).status).toBe(200)
  expect((await at.post('/v1/namespaces', { name: 'team' })).status).toBe(201)
  expect((await at.post(`/v1/records/${kept.id}/redact`, { reason: 'room' })).status).toBe(200)
  const tokens = await at.post('/v1/service-accounts', { name: 'late', scopes: ['records:read'] })
  expect(tokens.status).toBe(201)
  expect((await setCeiling(at, null)).status).toBe(200)
})

test('one append that does not fit refuses no other of its transaction', async () => {
  await using at = await aDaemon()
  const { store } = await engine(at)
  await setCeiling(at, Math.max(MIB, store.used_bytes) + MIB)
  const sizes = [10, 1_000_000, 10, 900_000, 10, 10]
  const answers = await Promise.all(sizes.map((bytes, n) => append(at, n, bytes)))
  const small = answers.filter((_answer, n) => (sizes[n] ?? 0) < 100)
  expect(small.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  expect(answers.filter(({ status }) => status === 507)).toHaveLength(1)
})

test.each([[1], [1.5 * MIB + 0.5], ['1GiB'], [-1], [0], [{}]])(
  'a ceiling of %s is refused',
  async (value) => {
    await using at = await aDaemon()
    const answer = await at.post('/v1/config/store_ceiling_bytes', { value })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      400,
      'INVALID_SETTING',
    ])
  },
)

test('sizes, growth and the largest threads are told to config:read, and to nobody else', async () => {
  await using at = await aDaemon()
  for (let n = 0; n < 30; n += 1) {
    await at.post('/v1/records', aDraft({ thread: `th_${n % 4}`, body: { n } }))
    if (n % 4 === 0) await at.post('/v1/records', aDraft({ thread: 'th_0', body: { more: n } }))
  }
  const { store, ingested_total } = await engine(at, '?details=true&store_composition=1')
  const { composition, growth } = store as unknown as {
    composition: { largest_threads: { thread: string; records: number }[] }
    growth: { records_last_day: number; records_last_week: number; bytes_per_day: number }
  }
  // An admin who writes as somebody else leaves a record of each.
  expect(composition.largest_threads.slice(0, 2)).toEqual([
    { thread: 'th_audit_impersonation', records: 38 },
    { thread: 'th_0', records: 16 },
  ])
  expect(composition.largest_threads.length).toBeLessThanOrEqual(10)
  expect(growth).toMatchObject({
    records_last_day: ingested_total,
    records_last_week: ingested_total,
  })
  expect(growth.bytes_per_day).toBe(store.used_bytes)
  const path = at.daemon.storePath ?? ''
  expect(store).toMatchObject({
    database_bytes: statSync(path).size,
    wal_bytes: statSync(`${path}-wal`).size,
    total_bytes: statSync(path).size + statSync(`${path}-wal`).size,
  })
  const plain = await engine(at)
  expect(Object.keys(plain.store)).not.toContain('growth')
  const authorization = `Bearer ${await at.tokenWith('records:read', 'records:write')}`
  expect((await at.get('/v1/engine/health', { authorization })).status).toBe(403)
  expect((await at.get('/v1/engine/health?details=maybe')).status).toBe(400)
  const families = parsePrometheus(await (await at.get('/metrics')).text())
  const now = (await engine(at)).store
  expect(families.get('spl_store_bytes')?.samples.map(({ value }) => value)).toEqual([
    now['database_bytes'],
    now.wal_bytes,
  ])
})

test(
  'a log that grew behind an open reader is emptied once the reader is gone',
  { timeout: 60_000 },
  async () => {
    await using at = await aDaemon()
    const reader = new BetterSqlite(at.daemon.storePath ?? '', { readonly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM records').get()
    const large = (_: unknown, n: number) =>
      aDraft({ thread: 'th_fill', clock: n + 1, body: { n, text: 'x'.repeat(1_000_000) } })
    const { summary } = await postLines(at, linesOf(Array.from({ length: 70 }, large)))
    expect(summary).toMatchObject({ accepted: 70 })
    expect((await engine(at)).store.wal_bytes).toBeGreaterThan(64 * MIB)
    reader.exec('COMMIT')
    await until('the log is empty', async () => (await engine(at)).store.wal_bytes < MIB)
    reader.close()
    expect((await append(at, 1_000)).status).toBe(201)
  },
)

const DAY = 24 * 3600 * 1000
const NOW = 1_000 * DAY

test.each([
  ['nothing', [], { records_last_day: 0, records_last_week: 0, bytes_per_day: null }],
  [
    'a record of today',
    [NOW - 1],
    { records_last_day: 1, records_last_week: 1, bytes_per_day: 700 },
  ],
  [
    'old records',
    [NOW - 9 * DAY, NOW - 8 * DAY],
    { records_last_day: 0, records_last_week: 0, bytes_per_day: 0 },
  ],
  [
    'some of each',
    [NOW - 9 * DAY, NOW - 6 * DAY, NOW - 2 * DAY, NOW - 2, NOW - 1],
    { records_last_day: 2, records_last_week: 4, bytes_per_day: 80 },
  ],
  [
    'a clock that went back',
    [NOW - 2 * DAY, NOW - 1, NOW - 2, NOW - 1],
    { records_last_day: 3, records_last_week: 4, bytes_per_day: 350 },
  ],
] as const)('the growth of %s', (_what, times, growth) => {
  expect(growthOf(times.length, (seq) => times[seq - 1], 700, NOW)).toEqual(growth)
})
