import type { StateStatus } from '../tunnel-status.ts'
import type { Effect } from './effects.ts'

export type StateName =
  /** Two connections are open: the oldest must end before another is dialed. */
  | 'making room'
  | 'connecting'
  | 'greeting'
  | 'connected'
  /** Another daemon took over; the open requests finish. */
  | 'leaving'
  | 'waiting'
  /** Waits, and lets another daemon have the place meanwhile. */
  | 'yielding'
  | 'stopping'
  | 'stopped'

/** A connection whose socket is not closed. Times are of the monotonic clock, milliseconds. */
export interface OpenConnection {
  readonly id: number
  /** The gateway's number of it; undefined before HELLO. */
  readonly generation: number | undefined
  /** When HELLO arrived; Infinity before. */
  readonly greetedAt: number
  /** When the gateway said GO_AWAY; Infinity before. */
  readonly goneAwayAt: number
}

/** What every state knows. Times are of the monotonic clock, milliseconds. */
export interface Memory {
  /** Connections that only finish their requests, oldest first. */
  readonly older: readonly OpenConnection[]
  /** Losses in a row. */
  readonly failures: number
  /** How many of them were replacements by another connection with this identity. */
  readonly replacements: number
  /** When a connection last held, or the start. */
  readonly heldAt: number
  /** Another daemon has the place, until the gateway lets this one in again. */
  readonly yields: boolean
  /** When a dial was last given up: the gateway may have accepted it all the same. */
  readonly gaveUpAt: number
  /** When a policy was sent that is not acknowledged yet. */
  readonly policySentAt: number
  /** The policy has changed since. */
  readonly policyDue: boolean
  /** A dial is under way. */
  readonly dialing: boolean
  readonly status: StateStatus
}

type NewestOf<N extends StateName> = N extends 'greeting' | 'connected' | 'leaving'
  ? OpenConnection
  : N extends 'stopping'
    ? OpenConnection | undefined
    : undefined

export interface StateOf<N extends StateName> extends Memory {
  readonly name: N
  /** The connection that the state is about. Only what it says changes the status. */
  readonly newest: NewestOf<N>
}

export type State = { [N in StateName]: StateOf<N> }[StateName]

export interface Step {
  readonly state: State
  readonly effects: readonly Effect[]
}
