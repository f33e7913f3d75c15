import { hash } from 'node:crypto'
import { decodeText } from '../../../protocol/encoding/utf8.ts'
import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { parseStrictJson } from '../../../protocol/json/strict-json.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import {
  readClaim,
  wrongSignature,
  type ClaimedRecord,
} from '../../../protocol/records/record-signature.ts'
import { verifySoon } from '../../store/proofs/verify-soon.ts'

/** Why a line is not taken: found here, or told by the daemon. */
export interface RejectedLine {
  /** From 1. */
  readonly line: number
  readonly id?: string | undefined
  readonly code: string
  readonly field?: string | undefined
  readonly message: string
  /** What to do about it. */
  readonly try: string
}

const sha256 = (preimage: string) => hash('sha256', preimage, 'hex')
const FROM_SOURCE = 'get this record again from where it was exported'

/** Checks a record's form, id and signature. Returns its id, or why it is refused. */
export async function checkLine(
  bytes: Uint8Array | undefined,
  line: number,
): Promise<string | RejectedLine> {
  if (bytes === undefined) {
    const message = `is longer than ${LIMITS.exportLineBytes} bytes`
    return {
      line,
      code: 'LINE_TOO_LONG',
      message,
      try: 'leave this line out: no record is so long',
    }
  }
  const value = valueOf(bytes)
  if (value instanceof Error) {
    return { line, code: 'INVALID_JSON', message: value.message, try: FROM_SOURCE }
  }
  if (!isPlainObject(value)) {
    const message = 'is not a JSON object'
    return { line, code: 'INVALID_JSON', message, try: FROM_SOURCE }
  }
  if (Object.hasOwn(value, 'redacted')) {
    const { id } = value
    const message = 'was redacted where it comes from'
    const told = { code: 'RECORD_REDACTED', message, try: 'leave this line out' }
    return { line, ...(typeof id === 'string' && { id }), ...told }
  }
  const claim = readClaim(value as unknown as ClaimedRecord, sha256)
  if (claim.kind === 'unproven' && (await verifySoon(claim))) return claim.id
  const { code, field, message } = claim.kind === 'fault' ? claim : wrongSignature()
  const { id } = value
  return {
    line,
    ...(typeof id === 'string' && { id }),
    code,
    field,
    message,
    try: FROM_SOURCE,
  }
}

function valueOf(bytes: Uint8Array): unknown {
  const text = decodeText(bytes)
  if (text === undefined) return new Error('is not UTF-8')
  try {
    return parseStrictJson(text)
  } catch (error) {
    return new Error(`is not JSON: ${(error as Error).message}`)
  }
}
