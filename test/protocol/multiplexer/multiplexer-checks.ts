import { expect } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import type { MuxEnd } from '../../support/wire/mux-end.ts'
import { settle } from '../../support/wire/mux-end.ts'
import { readWire } from '../../support/wire/wire-text.ts'

/** The next message of one side, in words, or undefined. */
export function next(end: MuxEnd) {
  const message = end.mux.next()
  return message === undefined ? undefined : readWire(message)
}

/** Frame types of everything one side would send now, without delivering it. */
export function types(messages: readonly Uint8Array[]): string[] {
  return messages.flatMap((message) => readWire(message).map((frame) => frame.type))
}

/** Both tables are empty, all windows are back, and the two sides agree on every byte. */
export function expectEmpty(gateway: MuxEnd, daemon: MuxEnd): void {
  settle(gateway, daemon)
  for (const [one, other] of [
    [gateway, daemon],
    [daemon, gateway],
  ] as const) {
    expect(one.mux).toMatchObject({ openStreams: 0, unread: 0, promised: 0, quiet: true })
    const mine = one.mux.snapshot()
    const theirs = other.mux.snapshot()
    expect(mine.sent).toBe(theirs.received)
    expect(mine.sendLimit).toBe(theirs.granted)
    const ungranted = theirs.received + LIMITS.connectionWindow - theirs.granted
    expect(ungranted).toBeLessThan(LIMITS.connectionGrantStep)
    expect(ungranted).toBeGreaterThanOrEqual(0)
  }
}
