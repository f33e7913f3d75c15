import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TrafficCounts } from '../../../edge-gateway/tunnel/traffic-counts.ts'
import { Watch } from '../../../edge-gateway/tunnel/watch.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { scrapeGateway } from '../../support/gateway/gateway-metrics.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'
import { scopeBits } from '../../../protocol/tunnel/edge-policy.ts'
import { tokenIdOf } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

describe('the timers of an object', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  /** @param busy whether anything has to be looked at later */
  function aWatch(busy: () => boolean) {
    const counts = new TrafficCounts(undefined, 0)
    const calls: string[] = []
    const watch = new Watch(
      {
        look: () => calls.push('look'),
        settle: () => {
          calls.push('settle')
          return busy()
        },
        after: () => calls.push(watch.running ? 'after' : 'rest'),
      },
      counts,
    )
    return { watch, counts, calls }
  }

  test('are none 10 ms after the last request, and it is put away', () => {
    const { watch, counts, calls } = aWatch(() => false)
    watch.keep()
    vi.advanceTimersByTime(10)
    expect(calls).toEqual(['settle', 'rest'])
    expect([watch.running, vi.getTimerCount()]).toEqual([false, 0])
    expect(counts.sums.awakeMs).toBe(10)
  })

  test('are one at a time in a burst, however many requests come', () => {
    const { watch, calls } = aWatch(() => false)
    for (let request = 0; request < 1_000; request += 1) {
      watch.keep()
      expect(vi.getTimerCount()).toBe(1)
      if (request % 100 === 99) vi.advanceTimersByTime(5)
    }
    expect(calls.filter((call) => call === 'settle')).toHaveLength(5)
  })

  test('look once a second while something is open, and end with it', () => {
    let open = true
    const { watch, counts, calls } = aWatch(() => open)
    watch.keep()
    vi.advanceTimersByTime(3_500)
    expect(calls.filter((call) => call === 'look')).toHaveLength(3)
    // Its end is a message, like its beginning.
    open = false
    watch.keep()
    vi.advanceTimersByTime(10)
    expect([watch.running, vi.getTimerCount()]).toEqual([false, 0])
    expect(counts.sums.awakeMs).toBe(3_510)
  })

  test('go on when a look fails, until nothing is left', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    let fails = true
    const { watch, counts } = aWatch(() => {
      if (fails) throw new Error('planted')
      return false
    })
    watch.keep()
    vi.advanceTimersByTime(2_500)
    expect([watch.running, counts.sums.faults]).toEqual([true, 3])
    fails = false
    vi.advanceTimersByTime(1_000)
    expect([watch.running, vi.getTimerCount()]).toEqual([false, 0])
  })
})

test('a request keeps the object awake for a moment, and not for a second', async () => {
  await using stage = await aStage(startOnWorkerd)
  await keepOwner(stage)
  const look = () => scrapeGateway(stage.gateway.port, stage.identity.bearer)
  await stage.send({ path: '/' })
  await until('the greeting and the policy are over', async () => {
    const first = (await look()).value('watch_seconds_total')
    await new Promise((resolve) => setTimeout(resolve, 100))
    return (await look()).value('watch_seconds_total') === first
  })
  const before = (await look()).value('watch_seconds_total')
  await stage.send({ path: '/' })
  await until('it is counted', async () => (await look()).value('watch_seconds_total') > before)
  expect((await look()).value('watch_seconds_total') - before).toBeLessThan(0.5)
})

function keepOwner(stage: Stage): Promise<unknown> {
  const scopes = scopeBits(['admin'])
  return stage.keep({ tokens: { [tokenIdOf(stage.identity.bearer)]: { scopes } } })
}
