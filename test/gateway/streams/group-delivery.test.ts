import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GroupDelivery } from '../../../edge-gateway/tunnel/subscribers/group-delivery.ts'

/** What each of so many members was sent, in order. */
function aGroup(size: number) {
  const got: string[][] = Array.from({ length: size }, () => [])
  const members = new Map(
    got.map((messages, member) => {
      const send = (bytes: Uint8Array) => messages.push(Buffer.from(bytes).toString('latin1'))
      return [member, { send } as unknown as WebSocket]
    }),
  )
  return { members, got, reached: () => got.filter(({ length }) => length > 0).length }
}

const events = (text: string) => new Uint8Array(Buffer.from(text))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a small group has its event at once, without a timer', () => {
  const { members, got } = aGroup(31)
  new GroupDelivery().send(members, events('a'))
  expect(got.every((messages) => messages.join() === 'a')).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('a large group has it in turns of 32, one timer each, and no timer is left', () => {
  const { members, reached } = aGroup(100)
  new GroupDelivery().send(members, events('a'))
  const seen = [reached()]
  while (vi.getTimerCount() > 0) {
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersToNextTimer()
    seen.push(reached())
  }
  expect(seen).toEqual([32, 64, 96, 100])
})

test('events that come meanwhile follow in order, in one message each', () => {
  const { members, got } = aGroup(50)
  const delivery = new GroupDelivery()
  for (const text of ['a', 'b', 'c']) delivery.send(members, events(text))
  vi.runAllTimers()
  expect(new Set(got.map((messages) => messages.join()))).toEqual(new Set(['a,bc']))
})

test('the events of two groups do not mix', () => {
  const [one, other] = [aGroup(50), aGroup(50)]
  const delivery = new GroupDelivery()
  for (const text of ['a', 'b']) {
    delivery.send(one.members, events(text))
    delivery.send(other.members, events(text.toUpperCase()))
  }
  vi.runAllTimers()
  expect(new Set(one.got.map((messages) => messages.join('')))).toEqual(new Set(['ab']))
  expect(new Set(other.got.map((messages) => messages.join('')))).toEqual(new Set(['AB']))
})

test('what waits can be sent at once: before somebody joins, who must not get it, or leaves', () => {
  const { members, got } = aGroup(100)
  const delivery = new GroupDelivery()
  delivery.send(members, events('a'))
  delivery.send(members, events('b'))
  delivery.flush()
  expect(vi.getTimerCount()).toBe(0)
  const late = aGroup(1)
  members.set(100, late.members.get(0) as WebSocket)
  delivery.send(members, events('c'))
  vi.runAllTimers()
  expect(new Set(got.map((messages) => messages.join('')))).toEqual(new Set(['abc']))
  expect(late.got).toEqual([['c']])
})

test('a member that leaves meanwhile gets no more, and keeps nobody else from it', () => {
  const { members, got } = aGroup(100)
  const delivery = new GroupDelivery()
  delivery.send(members, events('a'))
  members.delete(40)
  members.delete(0)
  vi.runAllTimers()
  expect(got[40]).toEqual([])
  expect(got.flat()).toHaveLength(99)
})

test('more than 1 MiB does not wait', () => {
  const { members, got } = aGroup(40)
  const delivery = new GroupDelivery()
  const piece = new Uint8Array(60_000)
  for (let count = 0; count < 17; count += 1) delivery.send(members, piece)
  expect(vi.getTimerCount()).toBe(1)
  delivery.send(members, piece)
  expect(vi.getTimerCount()).toBe(0)
  for (const messages of got) expect(messages.join('')).toHaveLength(18 * 60_000)
})

test('between two turns others have theirs', async () => {
  vi.useRealTimers()
  const { members, reached } = aGroup(1_000)
  new GroupDelivery().send(members, events('a'))
  await sleep(0)
  expect(reached()).toBeLessThan(1_000)
  await vi.waitFor(() => expect(reached()).toBe(1_000))
})
