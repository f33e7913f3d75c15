import { hash } from 'node:crypto'
import { decodeText } from '../../../protocol/encoding/utf8.ts'
import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { parseStrictJson } from '../../../protocol/json/strict-json.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import {
  readClaim,
  wrongSignature,
  type ClaimedRecord,
  type Unproven,
} from '../../../protocol/records/record-signature.ts'
import { type NamespaceFault, statedNamespace } from '../../../protocol/records/stated-namespace.ts'
import { verifySoon } from '../../store/proofs/verify-soon.ts'
import { type LinePlace, placeOf } from './line-place.ts'

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

/** Checks a record's form, id and signature. Returns where it goes, or why it is refused. */
export async function checkLine(
  bytes: Uint8Array | undefined,
  line: number,
): Promise<LinePlace | RejectedLine> {
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
  const fault = claim.kind === 'fault' ? claim : namespaceFault(value['namespace'], claim)
  if (claim.kind === 'unproven' && fault === undefined && (await verifySoon(claim))) {
    return placeOf(value)
  }
  const { field, message } = fault ?? wrongSignature()
  const { id } = value
  return {
    line,
    ...(typeof id === 'string' && { id }),
    code: 'INVALID_RECORD',
    field,
    message,
    try: FROM_SOURCE,
  }
}

function namespaceFault(stated: unknown, { record }: Unproven): NamespaceFault | undefined {
  const found = statedNamespace(stated, record)
  return typeof found === 'object' ? found : undefined
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
