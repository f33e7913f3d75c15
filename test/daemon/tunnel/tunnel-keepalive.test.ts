import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Keepalive } from '../../../local-daemon/tunnel/keepalive.ts'
import { watchSurroundings } from '../../../local-daemon/tunnel/surroundings.ts'

const HOUR_MS = 3_600_000

/** A session as far as the keepalive sees it; `answers`: whether its pings are answered. */
class Link {
  heardAt = Date.now()
  pings = 0
  reasons: string[] = []
  answers = true

  ping(): void {
    this.pings += 1
    if (this.answers) setTimeout(() => (this.heardAt = Date.now()), 50)
  }

  get dead(): boolean {
    return this.reasons.length > 0
  }
}

let link: Link
let keepalive: Keepalive
let jumps: number[]
let networkChanges: number
let addresses: string | undefined
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  link = new Link()
  jumps = []
  networkChanges = 0
  addresses = 'eth0 10.0.0.2/24'
  keepalive = new Keepalive(link, (reason) => link.reasons.push(reason))
  const unwatch = watchSurroundings(
    {
      tick: () => keepalive.tick(),
      clockJumped: (byMs) => {
        jumps.push(byMs)
        keepalive.probe('a jump of the clock')
      },
      networkChanged: () => {
        networkChanges += 1
        keepalive.probe('a change of network')
      },
    },
    { now: Date.now, addresses: () => addresses },
  )
  stop = () => {
    unwatch()
    keepalive.stop()
  }
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

/** The machine sleeps: the wall clock goes on, timers do not. */
const sleep = (ms: number) => vi.setSystemTime(Date.now() + ms)

test('a silent link that answers pings lives, with a ping every 20 s (fake clock, 10 minutes)', () => {
  vi.advanceTimersByTime(600_000)
  expect(link.dead).toBe(false)
  expect(link.pings).toBeGreaterThanOrEqual(600 / 25)
  expect(link.pings).toBeLessThanOrEqual(600 / 20)
  expect([jumps, networkChanges]).toEqual([[], 0])
})

test('a link that answers nothing is dead after 45 to 47 s', () => {
  link.answers = false
  vi.advanceTimersByTime(44_000)
  expect(link.dead).toBe(false)
  vi.advanceTimersByTime(3_000)
  expect(link.reasons).toEqual(['nothing was heard for 45 s'])
})

test('any message keeps the link, answered pings or not', () => {
  link.answers = false
  const talk = setInterval(() => (link.heardAt = Date.now()), 10_000)
  vi.advanceTimersByTime(600_000)
  clearInterval(talk)
  expect(link.dead).toBe(false)
})

const JUMPS = [
  ['forward, as after a sleep', HOUR_MS],
  ['forward by 20 s', 20_000],
  ['back, as when it is set right', -HOUR_MS],
] as const

describe('after a jump of the clock', () => {
  test.for(JUMPS)('%s, a link that answers lives', ([_name, jump]) => {
    vi.advanceTimersByTime(61_000)
    const before = link.pings
    sleep(jump)
    vi.advanceTimersByTime(2_700)
    expect(jumps).toEqual([jump])
    expect(link.pings).toBe(before + 1)
    vi.advanceTimersByTime(120_000)
    expect(link.dead).toBe(false)
    expect(link.pings).toBeGreaterThan(before + 4)
  })

  test.for(JUMPS)('%s, a dead link is found within 2.7 s', ([_name, jump]) => {
    vi.advanceTimersByTime(61_000)
    link.answers = false
    sleep(jump)
    vi.advanceTimersByTime(2_700)
    expect(link.reasons).toEqual(['no answer after a jump of the clock'])
  })

  test('what had come before it and is read only now is no sign of life', () => {
    link.answers = false
    sleep(HOUR_MS)
    setTimeout(() => (link.heardAt = Date.now()), 1_050)
    vi.advanceTimersByTime(2_700)
    expect(link.dead).toBe(true)
  })

  test('a second one in the same moment does not put the end off', () => {
    link.answers = false
    sleep(HOUR_MS)
    vi.advanceTimersByTime(1_100)
    sleep(HOUR_MS)
    vi.advanceTimersByTime(1_600)
    expect(jumps).toHaveLength(2)
    expect(link.dead).toBe(true)
  })
})

test('a clock that is corrected by half a second is no jump', () => {
  sleep(-500)
  vi.advanceTimersByTime(5_000)
  sleep(500)
  vi.advanceTimersByTime(5_000)
  expect(jumps).toEqual([])
})

describe('other addresses', () => {
  test('are noticed within 3 s, and a dead link 1.6 s later', () => {
    vi.advanceTimersByTime(61_000)
    link.answers = false
    addresses = 'wlan0 192.168.1.7/24'
    vi.advanceTimersByTime(3_000)
    expect([networkChanges, link.dead]).toEqual([1, false])
    vi.advanceTimersByTime(1_700)
    expect(link.reasons).toEqual(['no answer after a change of network'])
  })

  test('are noticed at once when the machine wakes', () => {
    vi.advanceTimersByTime(61_000)
    addresses = ''
    sleep(HOUR_MS)
    vi.advanceTimersByTime(1_000)
    expect([jumps, networkChanges]).toEqual([[HOUR_MS], 1])
  })

  test('are reported once, and not while the system does not report them', () => {
    addresses = undefined
    vi.advanceTimersByTime(9_000)
    addresses = 'eth0 10.0.0.2/24'
    vi.advanceTimersByTime(9_000)
    expect(networkChanges).toBe(0)
    addresses = 'eth0 10.0.0.3/24'
    vi.advanceTimersByTime(9_000)
    expect(networkChanges).toBe(1)
    expect(link.dead).toBe(false)
  })
})

test.for(['at once', 'in the middle of a doubt'] as const)(
  'stopped %s, it does nothing more',
  (when) => {
    link.answers = false
    if (when === 'in the middle of a doubt') {
      keepalive.probe('a test')
      vi.advanceTimersByTime(50)
    }
    stop()
    vi.advanceTimersByTime(HOUR_MS)
    expect([link.dead, link.pings]).toEqual([false, 0])
    expect(vi.getTimerCount()).toBe(0)
  },
)
