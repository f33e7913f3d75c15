/** A record as stored. */
export interface StoredRecord {
  /** Arrival order, from 1, without gaps. */
  readonly seq: number
  /** 64 hex digits. */
  readonly id: string
  readonly thread: string
  readonly actor: string
  /** Canonical JSON of the seven hashed fields: what was hashed and signed, never serialised again, unless it is redacted. */
  readonly raw: string
  readonly judgedBy: string | null
  /** The did:key of the instance that accepted the record first. */
  readonly origin: string
  /** 64 bytes. */
  readonly sig: Buffer
  /** Its body was taken out: `raw` is what is left, and neither the id nor the signature can be checked without the body. */
  readonly redacted?: Redacted | undefined
}

/** What proves which body a redacted record had. */
export interface Redacted {
  /** Unix time, milliseconds. */
  readonly at: number
  /** SHA-256 of the canonical body, 64 hex digits. */
  readonly bodySha256: string
  /** The id of the record that tells who and why. */
  readonly recordId: string
}

/*
 * All forms are spliced from the stored canonical text: parsing a body of a mebibyte only to serialise it
 * again would cost more than the rest of a read. A raw text is never `{}`.
 */

/** `{object:"record", id, …the eight fields, origin, sig, redacted?}` as JSON text. */
export function flatJson(record: StoredRecord): string {
  return `{"object":"record","id":"${record.id}",${record.raw.slice(1, -1)},${outside(record)},${proof(record)}}`
}

/** `{id, record:{…the eight fields}, origin, sig, redacted?}` as JSON text. */
export function syncJson(record: StoredRecord): string {
  return `{"id":"${record.id}",${recordAndProof(record)}}`
}

/** The same with the namespace of its thread: a line of an export. @param namespace undefined: a thread of the daemon itself */
export function exportJson(record: StoredRecord, namespace: string | undefined): string {
  if (namespace === undefined) return syncJson(record)
  return `{"id":"${record.id}","namespace":"${namespace}",${recordAndProof(record)}}`
}

function recordAndProof(record: StoredRecord): string {
  return `"record":{${record.raw.slice(1, -1)},${outside(record)}},${proof(record)}`
}

/** `judged_by` is null or an id of hex digits: nothing to escape. */
function outside(record: StoredRecord): string {
  return record.judgedBy === null ? '"judged_by":null' : `"judged_by":"${record.judgedBy}"`
}

/** A did:key is base58 and a signature base64url: nothing to escape. */
function proof({ origin, sig, redacted }: StoredRecord): string {
  const text = `"origin":"${origin}","sig":"${sig.toString('base64url')}"`
  if (redacted === undefined) return text
  const { at, bodySha256, recordId } = redacted
  return `${text},"redacted":{"at":${at},"body_sha256":"${bodySha256}","record_id":"${recordId}"}`
}
