/**
 * Bump with every change of a frame, a head or a rule of the wire, and say in one line what changed.
 * - 1: the first.
 */
export const PROTOCOL_VERSION = 1

/** The WebSocket subprotocol: both sides refuse anything else. */
export const SUBPROTOCOL = `spl-tunnel.${PROTOCOL_VERSION}`

/** Where the daemon connects, on the public hostname. */
export const TUNNEL_PATH = '/.well-known/spl-tunnel'
