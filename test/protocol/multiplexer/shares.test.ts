import { describe, expect, it } from 'vitest'
import { CancelMeter } from '../../../protocol/multiplexer/cancel-meter.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { type Holder, shareOfOne, Shares } from '../../../protocol/multiplexer/shares.ts'

const one: Holder = { key: 'one', owner: false }
const owner: Holder = { key: 'owner', owner: true }
const others = Array.from({ length: 40 }, (_, at): Holder => ({ key: `t${at}`, owner: false }))

/** Takes one at a time until there is no room. */
function fill(shares: Shares, holder: Holder): number {
  for (let taken = 0; ; taken += 1) {
    if (shares.room(holder) === 0) return taken
    shares.take(holder.key)
  }
}

describe('a shared pool', () => {
  it('lets one holder have half of it, and the next one find room', () => {
    const shares = new Shares(1024)
    expect(fill(shares, one)).toBe(shareOfOne(1024))
    expect(fill(shares, others[0] as Holder)).toBe(240)
  })

  it('is never full for the owner, even if others take all they can', () => {
    const shares = new Shares(1024)
    for (let round = 0; round < 3; round += 1) for (const other of others) fill(shares, other)
    expect(shares.room(one)).toBeLessThan(10)
    expect(fill(shares, owner)).toBeGreaterThanOrEqual(32)
    expect(shares.total).toBeLessThan(1024)
  })

  it('has again what was given back, and never more', () => {
    const shares = new Shares(100)
    shares.take('one', 30)
    shares.give('one', 10)
    expect([shares.held('one'), shares.total]).toEqual([20, 20])
    shares.give('one', 50)
    shares.give('nobody')
    expect([shares.held('one'), shares.total]).toEqual([0, 0])
    expect(shares.room(owner)).toBe(50)
  })

  it('holds at most its capacity, in any order of taking and giving', () => {
    const shares = new Shares(64)
    const all = [owner, one, ...others]
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    for (let step = 0; step < 20_000; step += 1) {
      const holder = all[random(all.length)] as Holder
      if (random(2) === 0) shares.give(holder.key, random(4))
      else if (shares.room(holder) > 0) shares.take(holder.key, 1 + random(shares.room(holder)))
      const sum = all.reduce((held, { key }) => held + shares.held(key), 0)
      expect(sum).toBe(shares.total)
      expect(sum).toBeLessThanOrEqual(64)
    }
  })
})

describe('streams left unfinished', () => {
  const limit = LIMITS.cancelledOpens

  it('stop the client that leaves them, and no client that leaves none', () => {
    const meter = new CancelMeter(limit)
    for (const holder of others) {
      for (let left = 0; left < 400 && !meter.exceeded(0, holder); left += 1) meter.add(0, holder)
    }
    const stopped = others.filter((holder) => meter.exceeded(0, holder))
    expect(stopped.length).toBeGreaterThan(0)
    expect([one, owner].map((holder) => meter.exceeded(0, holder))).toEqual([false, false])
    expect(others.some((holder) => meter.exceeded(LIMITS.cancelledOpensIntervalMs, holder))).toBe(
      false,
    )
  })

  it('are the owner’s own business only up to the limit of one', () => {
    const meter = new CancelMeter(limit)
    for (let left = 0; left < limit; left += 1) meter.add(0, others[left % 30])
    meter.add(0, owner)
    expect(meter.exceeded(0, owner)).toBe(false)
    for (let left = 1; left < LIMITS.cancelledOpensPerHolder; left += 1) meter.add(0, owner)
    expect(meter.exceeded(0, owner)).toBe(true)
  })

  it('are remembered of a bounded number of holders', () => {
    const meter = new CancelMeter(limit)
    for (let count = 0; count < 10_000; count += 1) meter.add(0, { key: `${count}`, owner: false })
    expect(meter.exceeded(0)).toBe(true)
    expect(meter.exceeded(0, one)).toBe(false)
  })
})
