import type { Effect } from './effects.ts'
import type { EventOf } from './events.ts'
import { sendPolicy } from './policy.ts'
import type { OpenConnection, State, StateOf, Step } from './state.ts'

/** A gateway that is done with a connection closes it once nothing is open; by then it has forgotten to, milliseconds. */
const CLOSE_OVERDUE_MS = 5_000
/** Patience with the open requests of a connection that the gateway is done with, milliseconds: as long as its own. */
const FINISH_MS = 30 * 60_000

/** Closes the finished connections that the gateway has forgotten. */
export function tidy(state: State, { idle, at }: EventOf<'tick'>): Step {
  const open = state.newest === undefined ? state.older : [...state.older, state.newest]
  const finished = ({ id, goneAwayAt }: OpenConnection) => {
    const awayMs = at - goneAwayAt
    // Not as soon as nothing is open: a request that it sent before its goodbye may still be under way.
    return awayMs > FINISH_MS || (awayMs > CLOSE_OVERDUE_MS && idle.has(id))
  }
  const effects = open
    .filter(finished)
    .map(({ id }): Effect => ({ do: 'close', connection: id, reason: 'finished' }))
  return { state, effects }
}

/** `tidy`; and a policy that waited for an acknowledgement long enough is sent. */
export function tidyAndSend(state: StateOf<'connected'>, event: EventOf<'tick'>): Step {
  const { effects } = tidy(state, event)
  if (!state.policyDue) return { state, effects }
  const sent = sendPolicy(state, event)
  return { state: sent.state, effects: [...effects, ...sent.effects] }
}
