import { LIMITS } from '../../../protocol/limits.ts'
import { drain } from './drain.ts'
import { enter, UNCONNECTED } from './enter.ts'
import type { EventOf, Moment } from './events.ts'
import type { OpenConnection, State, StateOf, Step } from './state.ts'

/** How long a gateway that has let the daemon in may take to greet, milliseconds. It does so at once. */
const GREETING_MS = 5_000

/** Dials, or makes room for it: the older one of two connections has had its time to finish. */
export function dial(state: State, moment: Moment): Step {
  const entry = { newest: undefined, status: UNCONNECTED }
  const [oldest] = state.older
  if (oldest !== undefined && state.older.length >= LIMITS.homeConnections) {
    return {
      state: enter(state, 'making room', moment, entry),
      effects: [drain(oldest, 'a newer connection needs the place')],
    }
  }
  return {
    state: enter(state, 'connecting', moment, entry),
    effects: [{ do: 'dial', yields: state.yields }],
  }
}

/** The gateway accepted the socket: it must greet soon. */
export function open(state: StateOf<'connecting'>, event: EventOf<'dialed'>): Step {
  const newest: OpenConnection = {
    id: event.connection,
    generation: undefined,
    greetedAt: Infinity,
    goneAwayAt: Infinity,
  }
  const generations = state.older.flatMap(({ generation }) => generation ?? [])
  return {
    state: enter(state, 'greeting', event, { newest }),
    effects: [
      { do: 'open', connection: event.connection, open: generations },
      { do: 'set timer', ms: GREETING_MS },
    ],
  }
}

/** The gateway did not greet in time. What comes next is the end of the socket. */
export function giveUp(state: StateOf<'greeting'>): Step {
  const reason = `the gateway did not greet within ${GREETING_MS / 1000} s`
  return { state, effects: [{ do: 'drop', connection: state.newest.id, reason }] }
}

/** One of two older connections has ended: there is room for a dial. */
export function takeRoom(state: StateOf<'making room'>, event: EventOf<'older closed'>): Step {
  return dial(forget(state, event).state, event)
}

/** An older connection has ended: nothing else changes. */
export function forget(state: State, { connection }: EventOf<'older closed'>): Step {
  return {
    state: { ...state, older: state.older.filter(({ id }) => id !== connection) },
    effects: [],
  }
}
