/**
 * Why a stream or a connection ended before its time. The numbers are the wire's; a number that a
 * newer peer may send and this table lacks is treated as INTERNAL.
 */
export const RESET = {
  /** The answer is complete and the rest of the request body is not wanted. */
  NO_ERROR: 0,
  /** The public client went away. */
  CANCEL: 1,
  /** The daemon did not begin the request: it may be sent again. */
  REFUSED: 2,
  /** A frame that the stream's state does not allow. */
  PROTOCOL_ERROR: 3,
  /** More bytes than the credit allowed. */
  FLOW_CONTROL: 4,
  /** The body's source failed: what was sent is not the whole. */
  BODY_FAILED: 5,
  /** A head or a body over its limit. */
  TOO_LARGE: 6,
  /** No head in time. */
  HEAD_TIMEOUT: 7,
  /** The reader took nothing for too long. */
  TOO_SLOW: 8,
  /** The stream was never opened here. */
  UNKNOWN_STREAM: 9,
  /** Opens and cancels faster than the limit allows. */
  ENHANCE_YOUR_CALM: 10,
  /** The connection was lost or replaced. */
  CONNECTION_LOST: 11,
  /** A planned end: restart, replacement, shutdown. */
  GOING_AWAY: 12,
  INTERNAL: 13,
  /** GO_AWAY only: another connection of the same identity was let in. */
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
