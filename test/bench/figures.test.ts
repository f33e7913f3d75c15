import { describe, expect, test } from 'vitest'
import { cpuTime, parsePsTime, parseStat, withCpu } from './cpu-time.ts'
import { middleCpu } from './measure-small.ts'
import { benchOptions, PARTS } from './options.ts'
import { report, type Measurements } from './report.ts'
import { median, percentile, spread, spreadOfPairs } from './statistics.ts'
import { table } from './table.ts'

describe('statistics of the bench', () => {
  test('the median of an even number of rounds lies between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([3, 1, 2])).toBe(2)
    expect(median([])).toBeNaN()
  })

  test('a percentile is a value that was measured', () => {
    expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3)
    expect(percentile([1, 2], 0.99)).toBe(2)
  })

  test('a ratio is taken round by round, with its lowest and highest', () => {
    expect(spreadOfPairs([1, 4, 9], [2, 4, 3])).toEqual({ median: 1, min: 0.5, max: 3 })
    expect(spread([2])).toEqual({ median: 2, min: 2, max: 2 })
  })
})

describe('CPU of a process', () => {
  test('is read from /proc, whatever the name of the process', () => {
    const fields = `S 1 1 1 0 -1 4194560 100 0 0 0 12 30 7 8 20 0 11 0 100 1 1`
    expect(parseStat(`42 (a) b (c) ${fields}`)).toBe(420_000)
    expect(parseStat('')).toBeUndefined()
  })

  test.each([
    ['00:00:01', 1e6],
    ['  0:02.50\n', 2.5e6],
    ['1-02:03:04', ((26 * 60 + 3) * 60 + 4) * 1e6],
    ['TIME', undefined],
  ])('is read from what ps prints: %j', (text, expected) => {
    expect(parsePsTime(text)).toBe(expected)
  })

  test('of this process grows with what it does, and is unknown of one that is not there', async () => {
    const before = await cpuTime(process.pid)
    const until = performance.now() + 60
    while (performance.now() < until);
    expect(await cpuTime(process.pid)).toBeGreaterThan(before as number)
    expect(await cpuTime(2 ** 30)).toBeUndefined()
  })

  test('per request is null where the system does not tell', async () => {
    const processes = { here: process.pid, gone: 2 ** 30, both: [process.pid, 2 ** 30] }
    const { cpu } = await withCpu(processes, async () => ({ answered: 10 }))
    expect(cpu).toEqual({ here: expect.any(Number), gone: null, both: null })
    expect(middleCpu([cpu, cpu])).toMatchObject({ gone: null })
  })
})

describe('options of the bench', () => {
  test('without any, everything is measured', () => {
    expect(benchOptions([])).toMatchObject({ parts: PARTS, rounds: 3, seconds: 3 })
  })

  test('--short is a choice of parts, and --only another', () => {
    expect(benchOptions(['--short']).parts).toEqual(['small', 'append', 'bulk'])
    expect(benchOptions(['--only', 'bulk,small']).parts).toEqual(['small', 'bulk'])
    expect(() => benchOptions(['--only', 'small,speed'])).toThrow('--only speed: there are')
  })
})

const load = { perSecond: 100, answered: 300, p50Ms: 1, p99Ms: 2, failed: 0 }
const cpu = { workerd: 100, front: 20, daemon: null }
const one = { median: 0.5, min: 0.4, max: 0.6 }
const small = {
  connections: 32,
  subjects: { direct: load, worker: load, object: load, gateway: load },
  cpu: { direct: cpu, worker: cpu, object: cpu, gateway: cpu },
  ofEmptyObject: one,
  cpuObjectOfGateway: one,
  cpuDirectOfHome: { median: Number.NaN, min: Number.NaN, max: Number.NaN },
}
const append = {
  postOne: load,
  post: load,
  direct: load,
  cpu,
  rawSqlitePerSecond: 20_000,
  postOfDirectGet: one,
  ofRawSqlite: one,
}
const imported = {
  signedPerSecond: 1,
  draftsPerSecond: 1,
  verifyPerSecond: 1,
  rawSqlitePerSecond: 1,
  singleP99Ms: 1,
  singleDuringP99Ms: 1,
  signedFloorPerSecond: 1,
  draftsFloorPerSecond: 1,
  signedOfVerify: one,
  signedFloorOfVerify: one,
  draftsOfRawSqlite: one,
  draftsFloorOfRawSqlite: one,
  singleP99During: one,
}
const bulk = {
  objectStream: 1,
  objectSink: 1,
  objectLargeSink: 1,
  down: 1,
  up: 1,
  cpuDown: cpu,
  cpuUp: cpu,
  cpuObjectStream: cpu,
  downOfObjectStream: one,
  upOfObjectSink: one,
  upOfObjectLargeSink: one,
}
const delivery = { p50Ms: 1, p99Ms: 2, copies: 1 }
const floor = {
  cpuGet: cpu,
  cpuPost: cpu,
  getOfEmptyObject: one,
  postOfDirectGet: one,
  appendOfRawSqlite: one,
  bulk: {
    down: 1,
    cpuDown: cpu,
    downOfObjectStream: one,
    idle: load,
    underBulk: load,
    p99Ratio: one,
  },
  behindFront: { down: 1, cpuDown: cpu, downOfObjectStream: one },
}
const all: Measurements = {
  tool: 'autocannon',
  small: [{ ...small, connections: 1 }, small],
  append,
  store: {
    records: 40_000,
    bytesOfCanonical: 1.6,
    bytesPerRecord: 533,
    changesPerSecond: one,
    ndjsonPerSecond: one,
    ndjsonOfStore: one,
  },
  million: {
    records: 1_000_000,
    storeMib: 530,
    startMs: { small: 400, million: 500 },
    startOfSmall: one,
    narrowMs: { small: 8, million: 8 },
    narrowOfSmall: one,
    memoryMib: 250,
    memoryAtStartMib: 120,
    pages: [{ what: 'threads in pages', count: 10_000, perSecond: 1_000 }],
  },
  import: imported,
  bulk,
  events: { p50Ms: 1, p99Ms: 2, events: 3 },
  fairness: { idle: load, underBulk: load, p99Ratio: one },
  stalled: {
    readers: 100,
    platformGrowthMib: 1,
    gatewayTotalGrowthMib: 3,
    daemonGrowthMib: 2,
  },
  subscribers: {
    subscribers: 5000,
    stalled: 1000,
    delivery,
    besideStalled: delivery,
    gatewayKibPerSubscriber: 1,
    daemonKibPerSubscriber: 1,
  },
  floor,
}

describe('the report of the bench', () => {
  test('has the names that later runs are compared by', () => {
    const told = report(all) as Record<string, Record<string, unknown>>
    expect(Object.keys(told['ratios'] ?? {})).toEqual([
      'cpu_object_of_gateway',
      'cpu_object_of_gateway_1_connection',
      'cpu_direct_of_home',
      'cpu_direct_of_home_1_connection',
      'small_get_of_empty_object',
      'small_get_of_empty_object_1_connection',
      'post_of_direct_get',
      'append_of_raw_sqlite',
      'store_bytes_of_canonical',
      'changes_ndjson_of_store',
      'start_million_of_10k',
      'narrow_reach_million_of_10k',
      'import_of_verify_rate',
      'import_floor_of_verify_rate',
      'import_drafts_of_raw_sqlite',
      'import_drafts_floor_of_raw_sqlite',
      'single_append_p99_during_import',
      'bulk_down_of_object_stream',
      'bulk_up_of_object_sink',
      'bulk_up_of_object_large_sink',
      'small_reply_p99_under_bulk',
      'event_copies_from_home',
      'delivery_p99_beside_stalled',
      'floor_get_of_empty_object',
      'floor_post_of_direct_get',
      'floor_append_of_raw_sqlite',
      'floor_bulk_down',
      'floor_bulk_down_behind_front',
      'floor_small_reply_p99',
    ])
    expect(told['spread']?.['post_of_direct_get']).toEqual([0.4, 0.6])
    expect(Object.keys(told['memory'] ?? {})).toEqual([
      'stalled_readers',
      'gateway_growth_mib',
      'daemon_growth_mib',
      'gateway_total_growth_mib',
      'platform_growth_mib',
      'million_mib',
      'gateway_kib_per_subscriber',
      'daemon_kib_per_subscriber',
    ])
    expect(Object.keys(told['cpu_us_per_request'] ?? {})).toEqual([
      '1_connections',
      '32_connections',
      'post',
      'mib_down',
      'mib_up',
      'mib_of_object_stream',
      'floor_get',
      'floor_post',
      'floor_mib_down',
      'floor_mib_down_behind_front',
    ])
    expect(told['absolutes']).toMatchObject({
      small: [{ subjects: { post: load } }, { subjects: { post: load } }],
    })
  })

  test('leaves out what was not measured', () => {
    expect(report({ tool: 'wrk' })).toMatchObject({ ratios: {}, memory: {} })
    expect(table({ tool: 'wrk', bulk })).not.toContain('cpu_object_of_gateway')
  })

  test('says what the system does not tell', () => {
    expect(table(all)).toMatch(/daemon not available/u)
    expect(table(all)).toMatch(/cpu_direct_of_home +not available/u)
  })
})
