import type { TunnelEvent } from '../tunnel-event.ts'

/** What the shell does for the states, in the order given. Each is data; none returns anything but later events. */
export type Effect =
  /** One try to connect, which ends in `dialed`, `dial failed` or `dial given up`. */
  | {
      readonly do: 'dial'
      /** Asks for the place only if no other process has it. */
      readonly yields: boolean
    }
  | { readonly do: 'abandon dial'; readonly why: string }
  /** Says HELLO on the dialed socket. `open`: the generations that are still finishing. */
  | { readonly do: 'open'; readonly connection: number; readonly open: readonly number[] }
  /** Closes the socket without a goodbye. `reason` becomes that of its `closed`. */
  | { readonly do: 'drop'; readonly connection: number; readonly reason: string }
  /** Closes the socket of a finished connection, with 1001. */
  | { readonly do: 'close'; readonly connection: number; readonly reason: string }
  /** Says GO_AWAY, lets the open requests finish within `ms`, then closes with 1001. */
  | {
      readonly do: 'drain'
      readonly connection: number
      readonly ms: number
      readonly reason: string
    }
  /** Asks for a sign of life on every connection; one that gives none is `silent`. `why`: a clause. */
  | { readonly do: 'probe'; readonly why: string }
  | { readonly do: 'ping'; readonly connection: number }
  /** Sends the edge policy as it is now. */
  | { readonly do: 'send policy'; readonly connection: number }
  /** There is one timer: setting it again replaces it. */
  | { readonly do: 'set timer'; readonly ms: number }
  | { readonly do: 'clear timer' }
  | { readonly do: 'report'; readonly event: TunnelEvent }
  /** No ticks, jumps or changes of network any more. */
  | { readonly do: 'stop watching' }
  /** The stop is complete. */
  | { readonly do: 'finish' }
