import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { EventReader, recordIds } from '../../support/clients/events.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import {
  aThread,
  FOLLOW,
  untilGone,
  untilHas,
  untilJoined,
} from '../../support/clients/follow-feed.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { subscribe, subscribeBySocket } from '../../support/clients/subscriber.ts'
import { until } from '../../support/until.ts'

let home: RealHome
beforeAll(async () => {
  home = await aRealHome()
})
afterAll(() => home[Symbol.asyncDispose]())

const status = () => home.daemon().tunnel?.status
const joined = (count: number) => untilJoined(home, count)
const gone = (thread: string) => untilGone(home, thread)

describe.for(FOLLOW)('a feed by %s', ([, follow]) => {
  test('brings what was there and what comes, and is one copy for all who have caught up', async () => {
    const thread = aThread()
    const path = `/v1/sync/subscribe?thread=${thread}`
    const ids = [await home.append(thread), await home.append(thread)]
    const three = [await follow(home, path), await follow(home, path), await follow(home, path)]
    await joined(3)
    expect(status()).toMatchObject({ groups: 1, open_streams: 0 })
    for (let count = 0; count < 5; count += 1) ids.push(await home.append(thread))
    for (const one of three) {
      await untilHas(one, ids)
      expect(one.ids).toEqual(ids)
      expect(one.names.filter((name) => name === 'ready')).toHaveLength(1)
      await one.leave()
    }
    await gone(thread)
    expect(status()?.groups).toBe(0)
  })

  test('goes on over a link that is cut, with no gap and no repeat, and the client sees nothing of it', async () => {
    const thread = aThread()
    const one = await follow(home, `/v1/sync/subscribe?thread=${thread}`)
    const ids: string[] = []
    for (let cut = 0; cut < 3; cut += 1) {
      await joined(1)
      ids.push(await home.append(thread))
      home.link.cut()
      ids.push(await home.append(thread))
    }
    await untilHas(one, ids)
    expect(one.ids).toEqual(ids)
    expect(one.ending()).toBeUndefined()
    await one.leave()
    await gone(thread)
  })

  test('goes on when the daemon is started again', async () => {
    const thread = aThread()
    const one = await follow(home, `/v1/sync/subscribe?thread=${thread}`)
    await joined(1)
    const ids = [await home.append(thread)]
    await home.daemon().stop()
    await home.startDaemon()
    ids.push(await home.append(thread))
    await untilHas(one, ids)
    expect(one.ids).toEqual(ids)
    expect(one.ending()).toBeUndefined()
    await one.leave()
    await gone(thread)
  })

  test('ends at once, with the reason, for a token that is revoked; others go on', async () => {
    const request = { name: 'reader', scopes: ['records:read'] } as const
    const { access } = home.daemon()
    const { token, account } = await access.accounts.createWithToken(request, null)
    const reader = await follow(home, '/v1/sync/subscribe', token)
    const other = await follow(home)
    await joined(2)
    await access.accounts.revokeAccount(account, null)
    await until('the stream has ended', () => reader.ending() !== undefined)
    expect(reader.ending()).toBe(follow === subscribe ? 'end' : '4401 AUTH_REVOKED')
    expect(reader.error()).toMatchObject({ object: 'error', code: 'AUTH_REVOKED' })
    expect(other.ending()).toBeUndefined()
    const id = await home.append()
    await until('the other has the record', () => other.ids.at(-1) === id)
    await other.leave()
    await gone('th_tea')
  })
})

test('a client that does not read leaves its group, delays no other, and misses nothing once it reads', async () => {
  const thread = aThread()
  const path = `/v1/sync/subscribe?thread=${thread}`
  const others = [await subscribe(home, path), await subscribeBySocket(home, path)]
  const stalled = new EventReader(await home.ask(path))
  await joined(3)
  const ids: string[] = []
  // More than the kernel and the runtime hold for one that does not read.
  for (let count = 0; count < 60; count += 1) ids.push(await home.append(thread, 500_000))
  for (const other of others) {
    await untilHas(other, ids)
    expect(other.ids).toEqual(ids)
  }
  await until('the others are in their group, and it is not', () => status()?.subscribers === 2)
  const got: string[] = []
  while (got.length < ids.length) got.push(...recordIds(await stalled.upTo('record')))
  expect(got).toEqual(ids)
  await joined(3)
  await stalled.cancel()
  for (const other of others) await other.leave()
  await gone(thread)
})

test(
  'a client that takes nothing for a minute is closed with the reason, and resumes (a moved clock, 6 s)',
  { timeout: 60_000 },
  async () => {
    const beatMs = 500
    const limits = { subscriberHeartbeatMs: beatMs }
    await using other = await aRealHome({ movableClock: true, limits })
    const path = '/v1/sync/subscribe?thread=th_stalled'
    const stalled = new EventReader(await other.ask(path))
    await untilJoined(other, 1)
    const ids: string[] = []
    for (let count = 0; count < 60; count += 1) ids.push(await other.append('th_stalled', 500_000))
    await until('it has left its group', () => other.daemon().tunnel?.status.subscribers === 0)
    // More than once: buffers on the way may still have taken something after the first.
    for (let minute = 1; minute <= 6; minute += 1) {
      await setGatewayClock(other.gateway.port, minute * (LIMITS.subscriberStallMs + 1_000))
      await sleep(2 * beatMs)
    }
    const seen = await stalled.rest()
    expect(JSON.parse(seen.at(-1)?.data ?? '')).toMatchObject({ code: 'CONSUMER_TOO_SLOW' })
    const got = recordIds(seen)
    expect(got).toEqual(ids.slice(0, got.length))
    expect(got.length).toBeLessThan(ids.length)
    const lastEventId = seen.findLast(({ id }) => id !== undefined)?.id ?? ''
    const rest = new EventReader(
      await other.ask(path, { headers: { 'last-event-id': lastEventId } }),
    )
    expect(recordIds(await rest.upTo('ready'))).toEqual(ids.slice(got.length))
    await rest.cancel()
  },
)

test('what a WebSocket’s handshake may not have is answered as any request', async () => {
  await expect(subscribeBySocket(home, '/v1/sync/subscribe?since=nonsense')).rejects.toThrow('400')
  await expect(subscribeBySocket(home, '/v1/sync/subscribe', 'spl_x')).rejects.toThrow('401')
  await expect(subscribeBySocket(home, '/v1/sync/changes?feed=continuous')).rejects.toThrow('426')
})

test('a subscriber that sends something is closed', async () => {
  const socket = new WebSocket(`ws://localhost:${home.gateway.port}/v1/sync/subscribe`, {
    headers: { authorization: `Bearer ${home.bearer}` },
  })
  await once(socket, 'open')
  socket.send('hello')
  const [code] = (await once(socket, 'close')) as [number]
  expect(code).toBe(1003)
  await until('it is gone at home', () => status()?.subscribers === 0)
})
