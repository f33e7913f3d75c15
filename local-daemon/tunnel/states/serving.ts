import { enter } from './enter.ts'
import type { EventOf } from './events.ts'
import type { OpenConnection, State, StateOf, Step } from './state.ts'

/** The gateway has greeted: the public hostname reaches this daemon now. */
export function serve(state: StateOf<'greeting'>, event: EventOf<'hello'>): Step {
  const { generation, at, wall } = event
  const { last_connected_at: before, reconnects } = state.status
  const newest: OpenConnection = { ...state.newest, generation, greetedAt: at }
  const status = {
    generation,
    last_error: null,
    last_connected_at: wall,
    reconnects: before === null ? 0 : reconnects + 1,
  }
  const entry = { newest, yields: false, policySentAt: at, policyDue: false, status }
  return {
    state: enter(state, 'connected', event, entry),
    effects: [
      { do: 'clear timer' },
      { do: 'report', event: { kind: 'connected', generation } },
      { do: 'send policy', connection: newest.id },
      // The round trip is known from the first moment on.
      { do: 'ping', connection: newest.id },
    ],
  }
}

/** The gateway took another daemon's connection: the open requests finish, and no new ones come. */
export function leave(state: StateOf<'connected'>, event: EventOf<'replaced'>): Step {
  const newest: OpenConnection = { ...state.newest, goneAwayAt: event.at }
  const status = { last_error: event.reason }
  return { state: enter(state, 'leaving', event, { newest, status }), effects: [] }
}

/** Another process with this identity asked for the place that this one has. */
export function noteRival(state: State, { wall }: EventOf<'rival'>): Step {
  return {
    state: { ...state, status: { ...state.status, rival_at: wall } },
    effects: [{ do: 'report', event: { kind: 'rival' } }],
  }
}

/** The link is dead. What comes next is the end of its socket. */
export function drop(state: State, { connection, reason }: EventOf<'silent'>): Step {
  return { state, effects: [{ do: 'drop', connection, reason }] }
}
