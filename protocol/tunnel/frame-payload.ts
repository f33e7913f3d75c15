import { ConnectionError } from './connection-error.ts'
import { LIMITS } from '../limits.ts'
import { parseResetCode, type ResetCode } from './reset-code.ts'
import { cutText, decodeText } from '../encoding/utf8.ts'
import { readUint32, readUint64, writeUint32 } from '../encoding/wire-integers.ts'
import { isPrintable } from './wire-names.ts'

/**
 * The payloads that are not JSON and not body bytes. Those that belong to the connection, or that
 * every state allows, have no stream to blame: a malformed one ends the connection.
 */

/** OPEN and HEAD begin with one number: the answer's window, or the length of the JSON. */
export const HEAD_PREFIX_BYTES = 4

export function encodeReset(code: ResetCode): Uint8Array {
  const payload = new Uint8Array(4)
  writeUint32(payload, 0, code)
  return payload
}

export function readReset(payload: Uint8Array): ResetCode {
  if (payload.length !== 4) throw new ConnectionError('read RESET: it is not 4 bytes')
  return parseResetCode(readUint32(payload, 0))
}

export function readCredit(payload: Uint8Array): number {
  if (payload.length !== 8) throw new ConnectionError('read CREDIT: it is not 8 bytes')
  const total = readUint64(payload, 0)
  if (!Number.isSafeInteger(total)) throw new ConnectionError('read CREDIT: the total is absurd')
  return total
}

export function readPing(payload: Uint8Array): number {
  if (payload.length !== 8) throw new ConnectionError('read PING: it is not 8 bytes')
  return readUint64(payload, 0)
}

/** A version over 2^53 - 1 is not exact, and was never sent. */
export function readPolicyAck(payload: Uint8Array): number {
  if (payload.length !== 8) throw new ConnectionError('read POLICY_ACK: it is not 8 bytes')
  return readUint64(payload, 0)
}

/** The member of a group that a JOIN or a LEAVE is about. */
export interface Membership {
  readonly group: number
  readonly member: number
}

export const MEMBERSHIP_BYTES = 8

export function encodeMembership({ group, member }: Membership): Uint8Array {
  const payload = new Uint8Array(MEMBERSHIP_BYTES)
  writeUint32(payload, 0, group)
  writeUint32(payload, 4, member)
  return payload
}

/** The member's last events follow. */
export function readMembership(payload: Uint8Array): Membership {
  if (payload.length < MEMBERSHIP_BYTES) {
    throw new ConnectionError('read membership: shorter than 8 bytes')
  }
  return { group: readUint32(payload, 0), member: readUint32(payload, 4) }
}

export const GROUP_PREFIX_BYTES = 4

/** The group that a GROUP's events are for; they follow. */
export function readGroup(payload: Uint8Array): number {
  if (payload.length < GROUP_PREFIX_BYTES) {
    throw new ConnectionError('read GROUP: shorter than 4 bytes')
  }
  return readUint32(payload, 0)
}

export interface GoAway {
  /** The last stream that the sender opened, or will answer. */
  readonly lastStream: number
  readonly code: ResetCode
  /** For logs. */
  readonly reason: string
}

/** A reason over its limit is cut: it is for people. */
export function encodeGoAway({ lastStream, code, reason }: GoAway): Uint8Array {
  const text = cutText(new TextEncoder().encode(reason), LIMITS.goAwayReasonBytes)
  const payload = new Uint8Array(8 + text.length)
  writeUint32(payload, 0, lastStream)
  writeUint32(payload, 4, code)
  payload.set(text, 8)
  return payload
}

export function readGoAway(payload: Uint8Array): GoAway {
  if (payload.length < 8) throw new ConnectionError('read GO_AWAY: shorter than 8 bytes')
  if (payload.length > 8 + LIMITS.goAwayReasonBytes) {
    throw new ConnectionError('read GO_AWAY: the reason is too long')
  }
  const reason = decodeText(payload.subarray(8))
  if (reason === undefined || !isPrintable(reason)) {
    throw new ConnectionError('read GO_AWAY: the reason is no text for people')
  }
  return {
    lastStream: readUint32(payload, 0),
    code: parseResetCode(readUint32(payload, 4)),
    reason,
  }
}

/** Body bytes in a HEAD frame: they count as credit, whatever happens to the stream. */
export function inlineBodyBytes(payload: Uint8Array): number {
  if (payload.length < HEAD_PREFIX_BYTES) return 0
  return Math.max(0, payload.length - HEAD_PREFIX_BYTES - readUint32(payload, 0))
}
