import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Keepalive } from '../../local-daemon/tunnel/keepalive.ts'
import type { TunnelSession } from '../../local-daemon/tunnel/tunnel-session.ts'

const HOUR_MS = 3_600_000

/** A session as far as the keepalive sees it; `answers`: whether its pings are answered. */
class Link {
  heardAt = Date.now()
  pings = 0
  dead = false
  answers = true

  ping(): void {
    this.pings += 1
    if (this.answers) setTimeout(() => (this.heardAt = Date.now()), 50)
  }

  terminate(): void {
    this.dead = true
  }
}

let link: Link
let keepalive: Keepalive

beforeEach(() => {
  vi.useFakeTimers()
  link = new Link()
  keepalive = new Keepalive(link as unknown as TunnelSession)
})
afterEach(() => {
  keepalive.stop()
  vi.useRealTimers()
})

/** The machine sleeps: the wall clock goes on, timers do not. */
const sleep = (ms: number) => vi.setSystemTime(Date.now() + ms)

test('a silent link that answers pings lives, with a ping every 20 s (fake clock, 10 minutes)', () => {
  vi.advanceTimersByTime(600_000)
  expect(link.dead).toBe(false)
  expect(link.pings).toBeGreaterThanOrEqual(600 / 25)
  expect(link.pings).toBeLessThanOrEqual(600 / 20)
})

test('a link that answers nothing is dead after 45 to 50 s', () => {
  link.answers = false
  vi.advanceTimersByTime(44_000)
  expect(link.dead).toBe(false)
  vi.advanceTimersByTime(7_000)
  expect(link.dead).toBe(true)
})

test('any message keeps the link, answered pings or not', () => {
  link.answers = false
  const talk = setInterval(() => (link.heardAt = Date.now()), 10_000)
  vi.advanceTimersByTime(600_000)
  clearInterval(talk)
  expect(link.dead).toBe(false)
})

test.for([
  ['forward, as after a sleep', HOUR_MS],
  ['forward by 20 s', 20_000],
  ['back, as when it is set right', -HOUR_MS],
] as const)('after a jump of the clock %s, a link that answers lives', ([_name, jump]) => {
  vi.advanceTimersByTime(60_000)
  const before = link.pings
  sleep(jump)
  vi.advanceTimersByTime(5_100)
  expect(link.pings).toBe(before + 1)
  vi.advanceTimersByTime(120_000)
  expect(link.dead).toBe(false)
  expect(link.pings).toBeGreaterThan(before + 4)
})

test.for([
  ['forward, as after a sleep', HOUR_MS],
  ['back, as when it is set right', -HOUR_MS],
] as const)('after a jump of the clock %s, a dead link is found within 8 s', ([_name, jump]) => {
  vi.advanceTimersByTime(60_000)
  link.answers = false
  sleep(jump)
  vi.advanceTimersByTime(8_100)
  expect(link.dead).toBe(true)
})

test('stopped, it does nothing more', () => {
  link.answers = false
  keepalive.stop()
  vi.advanceTimersByTime(HOUR_MS)
  expect([link.dead, link.pings]).toEqual([false, 0])
  expect(vi.getTimerCount()).toBe(0)
})
