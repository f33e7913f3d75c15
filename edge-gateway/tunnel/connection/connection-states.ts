/**
 * What one connection of the daemon is to the object.
 * - `greeting`: accepted; the daemon's HELLO has not arrived.
 * - `ready`: takes new requests.
 * - `leaving`: the daemon said GO_AWAY, and no newer connection was accepted yet.
 * - `replaced`: a newer connection was accepted; this one finishes its requests.
 * - `closed`: its streams have ended. The object forgets it when the platform reports the end of its socket.
 */
export type ConnectionState = 'greeting' | 'ready' | 'leaving' | 'replaced' | 'closed'

/**
 * What happens to it. The first four are frames of the daemon, then come events of the object.
 * - `successor`: a newer connection was accepted.
 * - `unlisted`: the HELLO of a newer connection, from the same process, does not list this one as open.
 * - `outnumbered`: two newer connections were accepted (`homeConnections`).
 * - `finished`: it was replaced, and has nothing open, or was silent for 20 s, or is 30 minutes old.
 * - `silent`: nothing was heard of it for 45 s (`silenceMs`).
 * - `revoked`: the hostname was taken from its owner.
 * - `broken`: a message that breaks the protocol, or a fault of the gateway's own in reading one.
 * - `lost`: the platform reports the end of its socket.
 */
export type ConnectionEvent =
  | 'hello'
  | 'go-away'
  | 'policy'
  | 'successor'
  | 'unlisted'
  | 'outnumbered'
  | 'finished'
  | 'silent'
  | 'revoked'
  | 'broken'
  | 'lost'

/**
 * What follows.
 * - `greet`: the requests that waited are sent, and connections that the daemon does not list are closed.
 * - `send-go-away`: it hears that it was replaced.
 * - `refuse-unbegun`: requests that the daemon has not begun go to the next connection.
 * - `keep-policy`: the policy is stored and acknowledged.
 * - `end`: its streams fail, and its socket is closed. Safe requests are sent again, subscribers resume.
 * - `fail-streams`: the same without a socket to close.
 */
export type ConnectionEffect =
  | 'greet'
  | 'send-go-away'
  | 'refuse-unbegun'
  | 'keep-policy'
  | 'end'
  | 'fail-streams'

export interface Step {
  readonly state: ConnectionState
  readonly effect: ConnectionEffect | undefined
}

const END = { state: 'closed', effect: 'end' } as const
const LOST = { state: 'closed', effect: 'fail-streams' } as const
/** These ways to end are the same from each state. */
const ENDS = {
  unlisted: END,
  outnumbered: END,
  finished: END,
  silent: END,
  revoked: END,
  broken: END,
  lost: LOST,
} as const
const NOTHING = { state: 'closed', effect: undefined } as const

/**
 * Every state with every event. The multiplexer reads the frames first: those that the protocol forbids in a state (a
 * second HELLO, another frame before it) arrive here as `broken`, and stand here as what comes of that.
 */
export const CONNECTION_TABLE: Readonly<
  Record<ConnectionState, Readonly<Record<ConnectionEvent, Step>>>
> = {
  greeting: {
    hello: { state: 'ready', effect: 'greet' },
    'go-away': END,
    policy: END,
    successor: { state: 'replaced', effect: 'send-go-away' },
    ...ENDS,
  },
  ready: {
    hello: END,
    'go-away': { state: 'leaving', effect: 'refuse-unbegun' },
    policy: { state: 'ready', effect: 'keep-policy' },
    successor: { state: 'replaced', effect: 'send-go-away' },
    ...ENDS,
  },
  leaving: {
    hello: END,
    'go-away': { state: 'leaving', effect: 'refuse-unbegun' },
    policy: { state: 'leaving', effect: 'keep-policy' },
    successor: { state: 'replaced', effect: undefined },
    ...ENDS,
  },
  replaced: {
    // It may not have greeted before.
    hello: { state: 'replaced', effect: undefined },
    'go-away': { state: 'replaced', effect: 'refuse-unbegun' },
    policy: { state: 'replaced', effect: undefined },
    successor: { state: 'replaced', effect: undefined },
    ...ENDS,
  },
  closed: {
    hello: NOTHING,
    'go-away': NOTHING,
    policy: NOTHING,
    successor: NOTHING,
    unlisted: NOTHING,
    outnumbered: NOTHING,
    finished: NOTHING,
    silent: NOTHING,
    revoked: NOTHING,
    broken: NOTHING,
    lost: NOTHING,
  },
}

/** The state after an event, and what must be done. */
export function next(state: ConnectionState, event: ConnectionEvent): Step {
  return CONNECTION_TABLE[state][event]
}
