/**
 * Why a stream or a connection ended early. The numbers are the wire's. A number that is not in this table counts as
 * INTERNAL. The comments are the text of tables.md.
 */
export const RESET = {
  /** The answer is complete; the rest of the request's body is not needed. */
  NO_ERROR: 0,
  /** The public client went away. */
  CANCEL: 1,
  /** The daemon did not start the request: it may be sent again. */
  REFUSED: 2,
  /** A frame that the stream's state does not allow, or an invalid head. */
  PROTOCOL_ERROR: 3,
  /** More bytes than the stream's credit. */
  FLOW_CONTROL: 4,
  /** The body's source failed: the body is incomplete. */
  BODY_FAILED: 5,
  /** A head or a body over its limit. */
  TOO_LARGE: 6,
  /** No head in time. */
  HEAD_TIMEOUT: 7,
  /** The reader read nothing for too long. */
  TOO_SLOW: 8,
  /** The stream was never opened here. */
  UNKNOWN_STREAM: 9,
  /** Opens, cancels or provoked answers above the limit. */
  ENHANCE_YOUR_CALM: 10,
  /** The socket is gone. Told to owners, never sent. */
  CONNECTION_LOST: 11,
  /** A planned end: restart, replacement, shutdown. */
  GOING_AWAY: 12,
  /** Anything else, and every code that is not in this table. */
  INTERNAL: 13,
  /** In GO_AWAY only: another connection of the same identity was accepted. */
  REPLACED: 14,
} as const

export type ResetCode = (typeof RESET)[keyof typeof RESET]

const KNOWN: ReadonlySet<number> = new Set(Object.values(RESET))

export function parseResetCode(value: number): ResetCode {
  return KNOWN.has(value) ? (value as ResetCode) : RESET.INTERNAL
}

/** The code's name, for logs and error messages. */
export function resetName(code: ResetCode): string {
  return Object.entries(RESET).find(([, value]) => value === code)?.[0] ?? 'INTERNAL'
}
