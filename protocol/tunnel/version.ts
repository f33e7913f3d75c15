/**
 * Bump with every change of a frame, a head or a rule of the wire, and say in one line what changed.
 * - 1: the first.
 * - 2: POLICY and POLICY_ACK: what the gateway may decide itself.
 * - 3: JOIN, GROUP and LEAVE: one copy of a feed for all who follow it; `join` in a request's head; the
 *   code REPLACED; `process` and `open` in the daemon's HELLO.
 * - 4: the connect proof is signed over a challenge of the gateway, and over no clock; RIVAL: another process with
 *   this identity asks for the place; `time` in a policy, by which the ends of its tokens are judged.
 */
export const PROTOCOL_VERSION = 4

/** The WebSocket subprotocol: both sides refuse anything else. */
export const SUBPROTOCOL = `spl-tunnel.${PROTOCOL_VERSION}`

/** Where the daemon connects, on the public hostname. */
export const TUNNEL_PATH = '/.well-known/spl-tunnel'

/** Where it asks for the challenge that its connect proof is signed over. */
export const CHALLENGE_PATH = `${TUNNEL_PATH}/challenge`

/**
 * Header of the connect request: the name of the daemon's process, where it has lost its place to another one and will
 * not take it back while that one is connected.
 */
export const YIELD_HEADER = 'x-spl-yield'
