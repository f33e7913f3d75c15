import { describe, expect, test } from 'vitest'
import { RateBuckets, type Rate } from '../../../edge-gateway/door/rate-buckets.ts'

/** At these times (ms), how long to wait (s); 0 passes. */
type Takes = readonly (readonly [now: number, wait: number])[]

describe('a token bucket', () => {
  const cases: readonly (readonly [string, Rate, Takes])[] = [
    [
      'lets its burst through at once, and one then',
      { perSecond: 1, burst: 3 },
      [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 1],
        [999, 1],
        [1000, 0],
        [1000, 1],
      ],
    ],
    [
      'says how long it takes, in whole seconds',
      { perSecond: 0.1, burst: 1 },
      [
        [0, 0],
        [0, 10],
        [1, 10],
        [999, 10],
        [1000, 9],
        [9000, 1],
        [9999, 1],
        [10_000, 0],
        [10_000, 10],
      ],
    ],
    [
      'never says less than a second',
      { perSecond: 1000, burst: 1 },
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
    ],
    [
      'holds no more than its burst, however long nobody asks',
      { perSecond: 10, burst: 2 },
      [
        [0, 0],
        [1e12, 0],
        [1e12, 0],
        [1e12, 1],
      ],
    ],
    [
      'a refusal costs nothing',
      { perSecond: 1, burst: 1 },
      [
        [0, 0],
        [100, 1],
        [200, 1],
        [300, 1],
        [1000, 0],
      ],
    ],
    [
      'fractions add up',
      { perSecond: 3, burst: 1 },
      [
        [0, 0],
        [100, 1],
        [200, 1],
        [300, 1],
        [334, 0],
      ],
    ],
    [
      'sixty of a minute are one a second',
      { perSecond: 60 / 60, burst: 60 },
      [...Array.from({ length: 60 }, () => [5, 0] as const), [5, 1], [1005, 0]],
    ],
    [
      'one of a minute',
      { perSecond: 1 / 60, burst: 1 },
      [
        [0, 0],
        [0, 60],
        [59_999, 1],
        [60_000, 0],
      ],
    ],
    [
      'a clock that is set back gives nothing away',
      { perSecond: 1, burst: 2 },
      [
        [10_000, 0],
        [10_000, 0],
        [0, 1],
        [500, 1],
        [1000, 0],
      ],
    ],
  ]
  test.for(cases)('%s', ([_name, rate, takes]) => {
    const buckets = new RateBuckets(10)
    expect(takes.map(([now]) => [now, buckets.take('key', rate, now)])).toEqual(takes)
  })

  test('a client that waits as long as it is told passes', () => {
    for (const perSecond of [0.3, 1 / 7, 2, 60 / 7, 1e6 / 60]) {
      const buckets = new RateBuckets(10)
      const rate = { perSecond, burst: 2 }
      for (let now = 0; now < 200_000; now += 137) {
        const wait = buckets.take('key', rate, now)
        if (wait === 0) continue
        now += wait * 1000
        expect(buckets.take('key', rate, now)).toBe(0)
      }
    }
  })
})

describe('many of them', () => {
  const rate = { perSecond: 1, burst: 4 }

  test('do not count each other', () => {
    const buckets = new RateBuckets(10)
    for (let time = 0; time < 4; time += 1) buckets.take('a', rate, 0)
    expect([buckets.take('a', rate, 0), buckets.take('b', rate, 0)]).toEqual([1, 0])
  })

  test('are never more than the limit', () => {
    const buckets = new RateBuckets(100)
    for (let key = 0; key < 10_000; key += 1) {
      buckets.take(`key ${key}`, rate, 0)
      expect(buckets.size).toBeLessThanOrEqual(100)
    }
  })

  test('full ones are forgotten first, all of them', () => {
    const buckets = new RateBuckets(8)
    for (const key of ['a', 'b', 'c', 'd', 'e']) buckets.take(key, rate, 0)
    for (const key of ['x', 'y', 'z']) for (let n = 0; n < 4; n += 1) buckets.take(key, rate, 500)
    // By now the first five are full again, the last three are not.
    buckets.take('new', rate, 2000)
    expect(buckets.size).toBe(4)
    for (const key of ['x', 'y', 'z']) expect(buckets.take(key, rate, 2000)).toBe(0)
    for (const key of ['x', 'y', 'z']) expect(buckets.take(key, rate, 2000)).toBe(1)
  })

  test('if none is full, those that have asked least are forgotten: a crowd opens the door to no one', () => {
    const buckets = new RateBuckets(8)
    for (let time = 0; time < 4; time += 1) buckets.take('eager', rate, 0)
    for (let key = 0; key < 1000; key += 1) buckets.take(`crowd ${key}`, rate, 0)
    expect(buckets.take('eager', rate, 0)).toBe(1)
  })
})
