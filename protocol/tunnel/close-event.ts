/** RFC 6455 §7.1.5: a close without a payload. Never on the wire. */
export const NO_STATUS = 1005
/** RFC 6455 §5.5: a control frame's payload is 125 bytes, two of them the code. */
export const REASON_BYTES = 123
/** RFC 6455 §7.1.5: there was no close at all. Never on the wire. */
const ABNORMAL = 1006

/** RFC 6455 §7.4: 1000 to 4999 without those that only stand for the absence of a code. */
export function isSendableCode(code: number): boolean {
  const reserved = code === 1004 || code === NO_STATUS || code === ABNORMAL || code === 1015
  return Number.isInteger(code) && code >= 1000 && code <= 4999 && !reserved
}

/**
 * Whether a client's close is relayed unchanged, by the code that the platform reports. Everything else is a cut for
 * the other side: a lost connection (1006), or a code that must not be sent, which is a protocol error (RFC 6455
 * §7.4.2) and is answered with 1002.
 */
export function isRelayedClose(code: number): boolean {
  return code === NO_STATUS || isSendableCode(code)
}
