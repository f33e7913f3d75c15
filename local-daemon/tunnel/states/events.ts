import type { LossKind } from '../backoff.ts'

/** When an event happens, and its share of chance: the states read no clock and roll no dice. */
export interface Moment {
  /** Of a monotonic clock, milliseconds. */
  readonly at: number
  /** Of the wall clock, milliseconds since 1970. */
  readonly wall: number
  /** From 0 inclusive to 1 exclusive. */
  readonly chance: number
}

/** What can happen to the tunnel. A `connection` is the number that the shell gave the socket. */
export type Happening =
  /** The gateway accepted the socket. */
  | { readonly kind: 'dialed'; readonly connection: number }
  | { readonly kind: 'dial failed'; readonly loss: LossKind; readonly reason: string }
  /** The dial ended because `abandon dial` asked for it. @see Effect */
  | { readonly kind: 'dial given up'; readonly why: string }
  | { readonly kind: 'hello'; readonly connection: number; readonly generation: number }
  /** GO_AWAY with REPLACED: the gateway accepted a newer socket. */
  | { readonly kind: 'replaced'; readonly connection: number; readonly reason: string }
  /** GO_AWAY with any other code: the gateway wants another connection. */
  | { readonly kind: 'retiring'; readonly connection: number; readonly reason: string }
  /** The socket is closed, with any code but 4001. */
  | { readonly kind: 'closed'; readonly connection: number; readonly reason: string }
  /** The socket is closed with 4001. */
  | { readonly kind: 'closed as replaced'; readonly connection: number; readonly reason: string }
  /** Nothing was heard for 45 s, or a ping had no answer: the link is dead. */
  | { readonly kind: 'silent'; readonly connection: number; readonly reason: string }
  /** The timer that `set timer` started has run out. */
  | { readonly kind: 'time is up' }
  /** @see TunnelEvent `woke` */
  | { readonly kind: 'clock jumped'; readonly jumpMs: number }
  | { readonly kind: 'network changed' }
  /** About once a second; `idle`: the connections without an open request. */
  | { readonly kind: 'tick'; readonly idle: ReadonlySet<number> }
  | { readonly kind: 'policy changed' }
  | { readonly kind: 'policy acked'; readonly connection: number; readonly version: number }
  | { readonly kind: 'rival'; readonly connection: number }
  | { readonly kind: 'stop'; readonly reason: string }

export type LinkEvent = Happening & Moment

/** The rows of the table. `older closed` is the end of a connection that is not the newest. */
export type EventName = Happening['kind'] | 'older closed'

export type EventOf<E extends EventName> = Extract<
  LinkEvent,
  { readonly kind: E extends 'older closed' ? 'closed' | 'closed as replaced' : E }
>
