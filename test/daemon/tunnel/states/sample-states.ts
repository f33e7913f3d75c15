import type { EventName, EventOf, Moment } from '../../../../local-daemon/tunnel/states/events.ts'
import { SHOWN, UNCONNECTED } from '../../../../local-daemon/tunnel/states/enter.ts'
import type {
  OpenConnection,
  State,
  StateName,
} from '../../../../local-daemon/tunnel/states/state.ts'

/** A minute after the start, in the middle of all chances. */
export const NOW: Moment = { at: 60_000, wall: 1_060_000, chance: 0.5 }

/** The newest connection of the samples, and the ones that finish beside it. */
export const NEWEST = 9
const FINISHING = [1, 2] as const

export function aConnection(id: number, change: Partial<OpenConnection> = {}): OpenConnection {
  return { id, generation: id, greetedAt: 50_000, goneAwayAt: Infinity, ...change }
}

/**
 * A state of each name: nothing has failed since the start, and an older connection finishes beside the newest; two,
 * where a dial needs room.
 */
export function aState(name: StateName, change: Partial<State> = {}): State {
  const finishing = FINISHING.map((id) => aConnection(id, { goneAwayAt: 59_000 }))
  const greeted = name === 'connected' || name === 'leaving' || name === 'stopping'
  const ungreeted = { generation: undefined, greetedAt: Infinity }
  const attached = greeted || name === 'greeting'
  return {
    name,
    newest: attached ? aConnection(NEWEST, greeted ? {} : ungreeted) : undefined,
    older: name === 'stopped' ? [] : finishing.slice(0, name === 'making room' ? 2 : 1),
    failures: 0,
    replacements: 0,
    heldAt: 0,
    yields: false,
    gaveUpAt: -Infinity,
    policySentAt: -Infinity,
    policyDue: false,
    dialing: name === 'connecting',
    status: {
      ...UNCONNECTED,
      state: SHOWN[name],
      generation: greeted ? NEWEST : null,
      since: 1_000_000,
      last_error: null,
      last_connected_at: 1_050_000,
      rival_at: null,
      reconnects: 0,
    },
    ...change,
  } as State
}

/** An event for each row; the silence is that of an older connection. */
export const EVENTS: { readonly [E in EventName]: EventOf<E> } = {
  dialed: { ...NOW, kind: 'dialed', connection: NEWEST },
  'dial failed': { ...NOW, kind: 'dial failed', loss: 'lost', reason: 'no route' },
  'dial given up': { ...NOW, kind: 'dial given up', why: 'a change of network' },
  hello: { ...NOW, kind: 'hello', connection: NEWEST, generation: 7 },
  replaced: { ...NOW, kind: 'replaced', connection: NEWEST, reason: 'replaced' },
  retiring: { ...NOW, kind: 'retiring', connection: NEWEST, reason: 'restart' },
  closed: { ...NOW, kind: 'closed', connection: NEWEST, reason: 'closed with 1006' },
  'closed as replaced': {
    ...NOW,
    kind: 'closed as replaced',
    connection: NEWEST,
    reason: 'closed with 4001',
  },
  'older closed': { ...NOW, kind: 'closed', connection: 1, reason: 'closed with 1001' },
  silent: { ...NOW, kind: 'silent', connection: 1, reason: 'nothing was heard for 45 s' },
  'time is up': { ...NOW, kind: 'time is up' },
  'clock jumped': { ...NOW, kind: 'clock jumped', jumpMs: 3_600_000 },
  'network changed': { ...NOW, kind: 'network changed' },
  tick: { ...NOW, kind: 'tick', idle: new Set([1, NEWEST]) },
  'policy changed': { ...NOW, kind: 'policy changed' },
  'policy acked': { ...NOW, kind: 'policy acked', connection: NEWEST, version: 3 },
  rival: { ...NOW, kind: 'rival', connection: NEWEST },
  stop: { ...NOW, kind: 'stop', reason: 'the daemon is stopping' },
}
