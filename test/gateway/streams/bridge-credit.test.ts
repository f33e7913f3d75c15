import { expect, test } from 'vitest'
import { BridgeCredit } from '../../../edge-gateway/streams/bridge-credit.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { aRealHome } from '../../support/daemon/a-real-home.ts'
import { scrapeGateway } from '../../support/gateway/gateway-metrics.ts'
import { subscribe, type Subscriber } from '../../support/clients/subscriber.ts'
import { until } from '../../support/until.ts'

const ENOUGH = LIMITS.streamWindowMin / 4

test('what a client takes is reported by the quarter of the smallest window', () => {
  const credit = new BridgeCredit()
  const reports: number[] = []
  for (let event = 0; event < 100; event += 1) {
    credit.came(500)
    const report = credit.report(0)
    if (report !== undefined) reports.push(report)
  }
  expect(reports).toEqual(Array.from({ length: 11 }, (_, at) => (at + 1) * 4_500))
})

test('what waits for the client is not reported', () => {
  const credit = new BridgeCredit()
  credit.came(3 * ENOUGH)
  expect(credit.report(3 * ENOUGH)).toBeUndefined()
  expect(credit.report(2 * ENOUGH + 1)).toBeUndefined()
  expect(credit.report(2 * ENOUGH)).toBe(ENOUGH)
})

test('all that came before the group is reported as soon as it is taken, and nothing after', () => {
  const credit = new BridgeCredit()
  credit.came(100)
  credit.reachGroup()
  credit.came(50_000)
  expect(credit.report(50_001)).toBeUndefined()
  expect(credit.report(40_000)).toBe(100)
  expect(credit.report(0)).toBeUndefined()
})

test('a reader of a feed costs one message when it begins, and none for an event', async () => {
  await using home = await aRealHome()
  const acks = async () =>
    (await scrapeGateway(home.gateway.port, home.bearer)).value(
      'received_messages_total',
      'subscriber',
    )
  const all: Subscriber[] = []
  for (let count = 0; count < 3; count += 1) {
    all.push(await subscribe(home, '/v1/sync/subscribe?thread=th_tea&since=now'))
  }
  await until('all are in the group', () => home.daemon().tunnel?.status.subscribers === 3)
  await until('all have said what they took', async () => (await acks()) === 3)
  for (let event = 0; event < 10; event += 1) {
    const id = await home.append('th_tea')
    await until('all have it', () => all.every(({ ids }) => ids.includes(id)))
  }
  expect(await acks()).toBe(3)
  for (const one of all) await one.leave()
})
