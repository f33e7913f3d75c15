import { backoffMs, type LossKind } from '../backoff.ts'
import type { TunnelEvent } from '../tunnel-event.ts'
import { dial } from './dialing.ts'
import { enter, UNCONNECTED } from './enter.ts'
import type { Moment } from './events.ts'
import type { State, Step } from './state.ts'

/** Why a try or a connection is over. `retiring`: the gateway wants another. `given up`: the world has changed. */
export interface Departure {
  readonly kind: LossKind | 'retiring' | 'given up'
  readonly reason: string
}

/** Reports that the tunnel serves no new requests, and waits for the next try, or begins it if there is nothing to wait for. */
export function depart(from: State, moment: Moment, { kind, reason }: Departure): Step {
  const yielding = kind === 'replaced'
  const state = { ...from, failures: from.failures + 1, yields: from.yields || yielding }
  const retryMs = waitMs(state, kind, moment)
  const event: TunnelEvent =
    kind === 'retiring'
      ? { kind: 'overlap', generation: from.status.generation ?? 0, reason, retryMs }
      : { kind: 'disconnected', reason, retryMs }
  const status = { ...UNCONNECTED, last_error: reason }
  const name = yielding ? 'yielding' : 'waiting'
  const waiting = enter(state, name, moment, { newest: undefined, status })
  const report = { do: 'report', event } as const
  if (retryMs > 0) return { state: waiting, effects: [report, { do: 'set timer', ms: retryMs }] }
  const dialed = dial(waiting, moment)
  return { state: dialed.state, effects: [report, { do: 'clear timer' }, ...dialed.effects] }
}

function waitMs(state: State, kind: Departure['kind'], { at, chance }: Moment): number {
  if (kind === 'given up') return 0
  // The first time at once: nothing is wrong. A gateway that says it each time is waited for like any other.
  if (kind === 'retiring' && state.failures === 1) return 0
  const awayMs = at - state.heldAt
  if (kind === 'replaced') return backoffMs(kind, state.replacements, chance, awayMs)
  return backoffMs(kind === 'refused' ? kind : 'lost', state.failures, chance, awayMs)
}
