import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { WindowBudget } from '../../../protocol/multiplexer/window-budget.ts'
import {
  grownWindow,
  openingWindow,
  type GrowthSample,
} from '../../../protocol/multiplexer/window-growth.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** A window of 256 KiB that the sender used up in a round trip of 50 ms. */
const bottleneck: GrowthSample = {
  window: 256 * KIB,
  exhausted: true,
  buffered: 0,
  bytesPerMs: (256 * KIB) / 50,
  shortestMs: 50,
  spare: 15 * MIB,
}

describe('a window', () => {
  it.each([
    ['doubles when it was the bottleneck', {}, 512 * KIB],
    ['stays when the sender had credit left', { exhausted: false }, 256 * KIB],
    ['stays when the reader does not keep up', { buffered: 129 * KIB }, 256 * KIB],
    ['never more than doubles, however fast the link', { bytesPerMs: 1e6 }, 512 * KIB],
    ['follows bandwidth times delay', { bytesPerMs: 4096 }, 400 * KIB],
    ['stays when the round trip is long because of our own queue', { shortestMs: 10 }, 256 * KIB],
    [
      'counts half a millisecond at least as delay',
      { shortestMs: 0.1, bytesPerMs: 384 * KIB },
      384 * KIB,
    ],
    ['takes what the connection has left', { spare: 10 }, 256 * KIB + 10],
    ['stays when the connection has nothing left', { spare: 0 }, 256 * KIB],
    ['has an upper limit', { window: 3 * MIB, bytesPerMs: 1e6 }, LIMITS.streamWindowMax],
  ])('%s', (_rule, change, window) => {
    expect(grownWindow({ ...bottleneck, ...change })).toBe(window)
  })

  it('never shrinks, and never grows beyond what is spare', () => {
    const sample = fc.record({
      window: fc.integer({ min: LIMITS.streamWindowMin, max: LIMITS.streamWindowMax }),
      exhausted: fc.boolean(),
      buffered: fc.nat(4 * MIB),
      bytesPerMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      shortestMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
      spare: fc.nat(20 * MIB),
    })
    fc.assert(
      fc.property(sample, (one) => {
        const window = grownWindow(one)
        expect(Number.isInteger(window)).toBe(true)
        expect(window).toBeGreaterThanOrEqual(one.window)
        expect(window - one.window).toBeLessThanOrEqual(one.spare)
        expect(window).toBeLessThanOrEqual(Math.max(one.window, LIMITS.streamWindowMax))
      }),
    )
  })
})

describe('the budget', () => {
  it('opens the usual window while there is room, and the least one always', () => {
    expect(openingWindow(30 * MIB)).toBe(LIMITS.streamWindow)
    expect(openingWindow(80 * KIB)).toBe(LIMITS.streamWindowMin + 10 * KIB)
    expect(openingWindow(0)).toBe(LIMITS.streamWindowMin)
  })

  it('with every slot in use and every window as large as it gets, the connection has credit left', () => {
    const budget = new WindowBudget()
    let windows = 0
    for (let slot = 0; slot < LIMITS.concurrentStreams; slot += 1) {
      const window = Math.min(LIMITS.streamWindowMax, LIMITS.streamWindowMin + budget.spare())
      budget.add(window)
      windows += window
    }
    expect(budget.spare()).toBe(0)
    // The credit that is spent and not yet renewed is the step at most.
    expect(windows).toBeLessThanOrEqual(LIMITS.connectionWindow - LIMITS.connectionGrantStep)
  })

  it('counts nothing for a stream that receives nothing', () => {
    const budget = new WindowBudget()
    const spare = budget.spare()
    budget.add(0)
    budget.add(LIMITS.streamWindowMin)
    expect([budget.promised, budget.spare()]).toEqual([0, spare])
    budget.add(LIMITS.streamWindow)
    budget.remove(LIMITS.streamWindow)
    expect(budget.promised).toBe(0)
  })
})
