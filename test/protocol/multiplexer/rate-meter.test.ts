import { describe, expect, it } from 'vitest'
import { RateMeter } from '../../../protocol/multiplexer/rate-meter.ts'

function filled(count: number, now: number): RateMeter {
  const meter = new RateMeter(10, 1000)
  for (let times = 0; times < count; times += 1) meter.add(now)
  return meter
}

describe('a rate', () => {
  it('is exceeded at the limit, not before', () => {
    expect(filled(9, 0).exceeded(0)).toBe(false)
    expect(filled(10, 0).exceeded(0)).toBe(true)
  })

  it('is forgotten after the interval, not at the first boundary', () => {
    const meter = filled(10, 100)
    expect(meter.exceeded(599)).toBe(true)
    expect(meter.exceeded(600)).toBe(true)
    expect(meter.exceeded(1100)).toBe(false)
  })

  it('is forgotten after a long silence', () => {
    expect(filled(10, 0).exceeded(1_000_000)).toBe(false)
  })

  it('counts a burst across a boundary as one', () => {
    const meter = new RateMeter(10, 1000)
    meter.add(0)
    for (let times = 0; times < 5; times += 1) meter.add(499)
    for (let times = 0; times < 4; times += 1) meter.add(501)
    expect(meter.exceeded(502)).toBe(true)
  })

  it('never lets more than the limit pass in an interval', () => {
    const meter = new RateMeter(10, 1000)
    const passed: number[] = []
    for (let now = 0; now < 20_000; now += 7) {
      if (meter.exceeded(now)) continue
      meter.add(now)
      passed.push(now)
    }
    const worst = Math.max(
      ...passed.map((at) => passed.filter((one) => one >= at && one < at + 500).length),
    )
    expect(worst).toBeLessThanOrEqual(10)
    expect(passed.length).toBeGreaterThan(100)
  })

  it('survives a clock that is set back by an hour', () => {
    const meter = filled(10, 3_600_000)
    expect(meter.exceeded(0)).toBe(true)
    expect(meter.exceeded(499)).toBe(true)
    expect(meter.exceeded(500)).toBe(false)
  })
})
