import { decodeBase64Url } from '../encoding/base64url.ts'
import { DidKeyError, parseDidKey, type DidKey } from '../identity/did-key.ts'
import { verifyEd25519 } from '../identity/ed25519.ts'
import { canonicalJson } from '../json/canonical-json.ts'
import { isPlainObject, type JsonObject } from '../json/json-value.ts'

/** The version of the format: lines say the namespace of their record's thread. */
export const EXPORT_VERSION = 2

/** How every line begins that is of the format itself. Any other line is a record. */
export const FORMAT_LINE = '{"object":"export'

/** The first line of an export: whose records they are, and which were asked for. */
export interface ExportHeader {
  /** The daemon that signs the parts. */
  readonly exporter: DidKey
  /** The filter: `{}` for everything. Each part signs it. */
  readonly query: JsonObject
  /** The place in the exporter's log before the first part. Each part signs it. */
  readonly since: string
}

/** What the exporter says of the records between this line and the format's line before it. */
export interface ExportPart {
  /** When the exporter was asked for it, Unix seconds. */
  readonly created_at: number
  /** The place before the first of them, and after the last. */
  readonly since: string
  readonly next_cursor: string
  /** How many lines of records. */
  readonly records: number
  /** Lower-case hex SHA-256 of these lines, each with its line feed. */
  readonly sha256: string
  /** False in the last part alone. */
  readonly has_more: boolean
}

export interface SignedPart extends ExportPart {
  /** Ed25519 by the exporter over `partText`, base64url without padding. */
  readonly sig: string
}

export function headerLine({ exporter, query, since }: ExportHeader): string {
  const object = 'export'
  return `${JSON.stringify({ object, version: EXPORT_VERSION, exporter, query, since })}\n`
}

/**
 * What the exporter signs: canonical JSON. With the header, so that no part can stand in an export of something else, and
 * with both places, so that parts cannot change places, be left out, or come from another export.
 */
export function partText(header: ExportHeader, part: ExportPart): string {
  const { exporter, query } = header
  const { created_at, since, next_cursor, records, sha256, has_more } = part
  return canonicalJson({
    object: 'export_part',
    exporter,
    query,
    begin: header.since,
    created_at,
    since,
    next_cursor,
    records,
    sha256,
    has_more,
  })
}

/** @param sig see {@link SignedPart} */
export function partLine(part: ExportPart, sig: string): string {
  const { created_at, since, next_cursor, records, sha256, has_more } = part
  const object = 'export_part'
  const line = { object, created_at, since, next_cursor, records, sha256, has_more, sig }
  return `${JSON.stringify(line)}\n`
}

/** Whether the exporter that the header names has signed this part of this export. */
export async function isSignedPart(header: ExportHeader, part: SignedPart): Promise<boolean> {
  const signature = decodeBase64Url(part.sig)
  if (signature === undefined) return false
  const message = new TextEncoder().encode(partText(header, part))
  return verifyEd25519(parseDidKey(header.exporter), message, signature)
}

/** The header; a text that says why it is none; `version` for one of a version that is not known here. */
export function parseHeader(value: unknown): ExportHeader | 'version' | string {
  if (!isPlainObject(value) || value['object'] !== 'export')
    return 'it does not begin with a header'
  if (value['version'] !== EXPORT_VERSION) return 'version'
  const { exporter, query, since } = value
  if (!isDid(exporter)) return 'exporter is not the did:key of an Ed25519 key'
  if (!isPlainObject(query)) return 'query is not an object'
  if (typeof since !== 'string') return 'since is not a cursor'
  return { exporter, query: query as JsonObject, since }
}

/** The part, or a text that says why it is none. */
export function parsePart(value: unknown): SignedPart | string {
  if (!isPlainObject(value) || value['object'] !== 'export_part') return 'it is no part'
  const { created_at, since, next_cursor, records, sha256, has_more, sig } = value
  if (!isCount(created_at) || !isCount(records)) return 'created_at or records is not a number'
  if (typeof since !== 'string' || typeof next_cursor !== 'string') return 'a cursor is missing'
  if (typeof sha256 !== 'string' || typeof sig !== 'string') return 'sha256 or sig is missing'
  if (typeof has_more !== 'boolean') return 'has_more is not true or false'
  return { created_at, since, next_cursor, records, sha256, has_more, sig }
}

function isDid(value: unknown): value is DidKey {
  if (typeof value !== 'string') return false
  try {
    parseDidKey(value)
    return true
  } catch (error) {
    if (error instanceof DidKeyError) return false
    throw error
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
