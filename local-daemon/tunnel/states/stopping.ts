import { forget } from './dialing.ts'
import { drain } from './drain.ts'
import type { Effect } from './effects.ts'
import { enter, UNCONNECTED } from './enter.ts'
import type { EventOf, Moment } from './events.ts'
import type { State, StateOf, Step } from './state.ts'

/** The daemon stops: open requests finish on every connection, and nothing is dialed any more. */
export function stop(state: State, event: EventOf<'stop'>): Step {
  const { reason } = event
  const open = state.newest === undefined ? state.older : [...state.older, state.newest]
  const abandoned: Effect[] = state.dialing ? [{ do: 'abandon dial', why: reason }] : []
  const ended = endIfDone(enter(state, 'stopping', event, { newest: state.newest }), event)
  return {
    state: ended.state,
    effects: [
      { do: 'stop watching' },
      { do: 'clear timer' },
      ...abandoned,
      ...open.map((connection) => drain(connection, reason)),
      ...ended.effects,
    ],
  }
}

/** One connection less, or the dial is over: when nothing is left, the stop is complete. */
export function settle(
  state: StateOf<'stopping'>,
  event: EventOf<'closed' | 'closed as replaced' | 'dial given up'>,
): Step {
  if (event.kind === 'dial given up') return endIfDone({ ...state, dialing: false }, event)
  if (event.connection === state.newest?.id) {
    return endIfDone({ ...state, newest: undefined }, event)
  }
  const { older } = forget(state, event).state
  return endIfDone({ ...state, older }, event)
}

function endIfDone(state: StateOf<'stopping'>, moment: Moment): Step {
  if (state.newest !== undefined || state.older.length > 0 || state.dialing) {
    return { state, effects: [] }
  }
  const entry = { newest: undefined, status: UNCONNECTED }
  return { state: enter(state, 'stopped', moment, entry), effects: [{ do: 'finish' }] }
}
