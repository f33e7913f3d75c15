import { depart } from './depart.ts'
import type { EventOf, Moment } from './events.ts'
import type { OpenConnection, State, StateOf, Step } from './state.ts'

/** A connection that served this long counts as a success: the next loss starts the backoff anew. Milliseconds. */
const STEADY_MS = 2_000
/** A dial that was given up may reach the gateway this long after all, milliseconds. */
const GHOST_MS = 60_000

type Attached = StateOf<'greeting' | 'connected' | 'leaving'> & State

/** The dial failed. */
export function retry(state: StateOf<'connecting'>, event: EventOf<'dial failed'>): Step {
  const { loss: kind, reason } = event
  const replacements = state.replacements + (kind === 'replaced' ? 1 : 0)
  return depart({ ...state, replacements }, event, { kind, reason })
}

/** The dial was abandoned because the world has changed: the next one begins at once. */
export function dialAgain(state: StateOf<'connecting'>, event: EventOf<'dial given up'>): Step {
  const reason = `given up: ${event.why}`
  return depart({ ...state, gaveUpAt: event.at }, event, { kind: 'given up', reason })
}

/** The connection is lost. */
export function lose(state: Attached, event: EventOf<'closed'>): Step {
  return depart(counted(state, event), event, { kind: 'lost', reason: event.reason })
}

/** The gateway wants another connection: this one finishes its requests beside it. */
export function overlap(state: StateOf<'connected'>, event: EventOf<'retiring'>): Step {
  const finishing: OpenConnection = { ...state.newest, goneAwayAt: event.at }
  const after = { ...counted(state, event), older: [...state.older, finishing] }
  return depart(after, event, { kind: 'retiring', reason: event.reason })
}

/** Another connection with this identity has the place. */
export function giveWay(state: Attached, event: EventOf<'closed' | 'closed as replaced'>): Step {
  const steady = counted(state, event)
  const after = { ...steady, replacements: steady.replacements + 1, gaveUpAt: -Infinity }
  // Perhaps it is a dial of our own that was given up and came in late: nobody to yield to. Believed once.
  const ghost = event.at - state.gaveUpAt < GHOST_MS
  return depart(after, event, { kind: ghost ? 'lost' : 'replaced', reason: event.reason })
}

/** The state with the counts of losses as its connection leaves them. */
function counted(state: Attached, { at }: Moment): Attached {
  if (at - state.newest.greetedAt < STEADY_MS) return state
  return { ...state, failures: 0, replacements: 0, heldAt: at }
}
