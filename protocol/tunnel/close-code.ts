/** WebSocket close codes of the tunnel (RFC 6455 §7.4; 4000 to 4999 are the application's). */
export const CLOSE = {
  NORMAL: 1000,
  /** Planned restart or shutdown: reconnect at once. */
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  /** Told to a subscriber that sends something. */
  UNSUPPORTED: 1003,
  /** Told to a subscriber whose last message says why. */
  POLICY: 1008,
  /** The side that closes has failed. */
  INTERNAL: 1011,
  /** A newer connection of the same identity took over: do not take it back. */
  REPLACED: 4001,
  /** Told to a client: its token was revoked or has expired. */
  TOKEN_REVOKED: 4401,
} as const
