import { decodeBase64Url } from '../encoding/base64url.ts'
import { DidKeyError, parseDidKey } from '../identity/did-key.ts'
import type { DidKey } from '../identity/did-key.ts'
import { verifyEd25519 } from '../identity/ed25519.ts'
import { RecordError } from './record-error.ts'
import { recordId, recordPreimage } from './record-id.ts'
import { parseForeignRecord } from './record.ts'
import type { SplRecord } from './record.ts'

/** A record as a peer sends it: nothing in it is known to be true yet. */
export interface ClaimedRecord {
  readonly id: unknown
  readonly record: unknown
  readonly origin: unknown
  readonly sig: unknown
}

/** A record whose form, id and signature hold. Only `verifyRecord` makes one. */
export interface Verified {
  readonly kind: 'verified'
  readonly id: string
  readonly record: SplRecord
  /** The canonical JSON that was hashed and verified. */
  readonly preimage: string
  readonly origin: DidKey
  /** 64 bytes, base64url without padding. */
  readonly sig: string
}

/** Why a claimed record was refused; `field` as in `RecordError`, or `id`, `origin`, `sig`. */
export interface RecordFault {
  readonly kind: 'fault'
  readonly code: 'INVALID_RECORD'
  readonly reason: 'FORM' | 'ID' | 'ORIGIN' | 'SIGNATURE'
  readonly field: string
  readonly message: string
}

/** The bytes that the origin signs: UTF-8 of the canonical JSON that the id hashes. */
export function signingBytes(record: SplRecord): Uint8Array {
  return new TextEncoder().encode(recordPreimage(record))
}

/** A claimed record of which all but the signature itself has been checked. */
export interface Unproven {
  readonly kind: 'unproven'
  readonly id: string
  readonly record: SplRecord
  readonly preimage: string
  readonly origin: DidKey
  /** 32 bytes. */
  readonly key: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** Checks form, then id, then signature: cheapest first. Never throws for anything a peer can send. */
export async function verifyRecord(claim: ClaimedRecord): Promise<Verified | RecordFault> {
  const record = formOf(claim.record)
  if ('kind' in record) return record
  const preimage = recordPreimage(record)
  const unproven = readProof(claim, record, preimage, await recordId(preimage))
  if (unproven.kind === 'fault') return unproven
  const { id, origin, key, signature } = unproven
  const bytes = new TextEncoder().encode(preimage)
  if (!(await verifyEd25519(key, bytes, signature))) return wrongSignature()
  return { kind: 'verified', id, record, preimage, origin, sig: claim.sig as string }
}

/**
 * Checks everything of a claimed record but whether its signature holds: a batch asks first what is there already.
 * @param hash SHA-256 of a text's UTF-8, lower-case hex
 */
export function readClaim(
  claim: ClaimedRecord,
  hash: (preimage: string) => string,
): Unproven | RecordFault {
  const record = formOf(claim.record)
  if ('kind' in record) return record
  const preimage = recordPreimage(record)
  return readProof(claim, record, preimage, hash(preimage))
}

/** The fault of a record whose signature does not hold. */
export function wrongSignature(): RecordFault {
  return fault('SIGNATURE', 'sig', 'is not the signature of the origin over this record')
}

function readProof(
  claim: ClaimedRecord,
  record: SplRecord,
  preimage: string,
  id: string,
): Unproven | RecordFault {
  if (claim.id !== id) return fault('ID', 'id', 'is not the SHA-256 of the record')
  const key = keyOf(claim.origin)
  if (key === undefined) return fault('ORIGIN', 'origin', 'is not the did:key of an Ed25519 key')
  const signature = typeof claim.sig === 'string' ? decodeBase64Url(claim.sig) : undefined
  if (signature?.length !== 64) {
    return fault('SIGNATURE', 'sig', 'must be 64 bytes in base64url without padding')
  }
  const origin = claim.origin as DidKey
  return { kind: 'unproven', id, record, preimage, origin, key, signature }
}

function formOf(value: unknown): SplRecord | RecordFault {
  try {
    return parseForeignRecord(value)
  } catch (error) {
    if (error instanceof RecordError) return fault('FORM', error.field, error.message)
    throw error
  }
}

/** Keys of the latest origins: many records have the same one, and reading a did:key costs as much as a record. */
const KEYS = new Map<string, Uint8Array>()
const KEYS_MAX = 256

function keyOf(origin: unknown): Uint8Array | undefined {
  if (typeof origin !== 'string') return undefined
  const known = KEYS.get(origin)
  if (known !== undefined) return known
  try {
    const key = parseDidKey(origin)
    if (KEYS.size >= KEYS_MAX) KEYS.clear()
    KEYS.set(origin, key)
    return key
  } catch (error) {
    if (error instanceof DidKeyError) return undefined
    throw error
  }
}

function fault(reason: RecordFault['reason'], field: string, message: string): RecordFault {
  return { kind: 'fault', code: 'INVALID_RECORD', reason, field, message }
}
