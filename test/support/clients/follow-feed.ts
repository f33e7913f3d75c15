import type { RealHome } from '../daemon/a-real-home.ts'
import { subscribe, subscribeBySocket, type Subscriber } from './subscriber.ts'
import { until } from '../until.ts'

/** Both ways to follow a feed; what holds of one holds of the other. */
export const FOLLOW = [
  ['server-sent events', subscribe],
  ['a WebSocket', subscribeBySocket],
] as const

export function aThread(): string {
  return `th_${crypto.randomUUID().slice(0, 8)}`
}

export function untilHas({ ids: seen }: Subscriber, ids: readonly string[]): Promise<void> {
  return until('every record has come', () => seen.length >= ids.length)
}

export function untilJoined(home: RealHome, count: number): Promise<void> {
  const joined = () => home.daemon().tunnel?.status.subscribers === count
  return until('the subscribers are in groups', joined)
}

/** A client that left a silent stream is noticed by the next events, not before. */
export function untilGone(home: RealHome, thread: string): Promise<void> {
  return until('the subscribers are gone at home', async () => {
    await home.append(thread)
    return home.daemon().tunnel?.status.subscribers === 0
  })
}
