import { THREAD_ID } from '../identity/thread-id.ts'
import { canonicalJson } from '../json/canonical-json.ts'
import { checkJson, JsonError } from '../json/json-check.ts'
import { formatJsonPath } from '../json/json-path.ts'
import { isPlainObject } from '../json/json-value.ts'
import type { JsonObject } from '../json/json-value.ts'
import { LIMITS } from '../limits.ts'
import { RecordError } from './record-error.ts'
import { ACTS, DATA_TYPES } from './record-form.ts'
import type { SplRecord } from './record-form.ts'

export { RecordError } from './record-error.ts'
export { ACTS, DATA_TYPES } from './record-form.ts'
export type { SplRecord } from './record-form.ts'

const FIELDS: readonly string[] = [
  'parents',
  'thread',
  'actor',
  'act',
  'body',
  'clock',
  'data_type',
  'judged_by',
] satisfies (keyof SplRecord)[]

const ID = /^[0-9a-f]{64}$/
/** DID Core's `did:method:id`, with any visible ASCII in the id; together at most 256 characters. */
export const DID = /^(?=.{1,256}$)did:[a-z0-9]+:[!-~]+$/
const BODY_BOUNDS = {
  depth: LIMITS.recordDepth,
  bytes: LIMITS.recordBytes,
  values: LIMITS.recordValues,
}

/**
 * The record in a request: absent `parents`, `data_type` and `judged_by` mean `[]`, `SCALAR` and null.
 * Throws `RecordError`. The body is taken as it is, not copied, so that no key (`__proto__`) is lost.
 */
export function parseRecord(value: unknown): SplRecord {
  return readRecord({ parents: [], data_type: 'SCALAR', judged_by: null, ...objectOf(value) })
}

/** A record that someone else has signed: all eight fields must be there. Throws `RecordError`. */
export function parseForeignRecord(value: unknown): SplRecord {
  return readRecord(objectOf(value))
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) throw new RecordError('$', 'must be a JSON object')
  return value
}

function readRecord(object: Readonly<Record<string, unknown>>): SplRecord {
  for (const name of Object.keys(object)) {
    if (!FIELDS.includes(name)) {
      const field = formatJsonPath([name])
      throw new RecordError(field, `is not a field of a record; they are ${FIELDS.join(', ')}`)
    }
  }
  for (const name of FIELDS) {
    if (!Object.hasOwn(object, name)) throw new RecordError(name, 'is missing')
  }
  return {
    parents: readParents(object['parents']),
    thread: readText(
      object,
      'thread',
      THREAD_ID,
      'th_ and 1 to 128 characters of A-Z a-z 0-9 _ . -',
    ),
    actor: readText(
      object,
      'actor',
      DID,
      'a DID (did:method:id) of at most 256 printable characters',
    ),
    act: readName(object, 'act', ACTS),
    body: readBody(object['body']),
    clock: readClock(object['clock']),
    data_type: readName(object, 'data_type', DATA_TYPES),
    judged_by: object['judged_by'] === null ? null : readId(object['judged_by'], 'judged_by'),
  }
}

function readParents(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new RecordError('parents', 'must be an array of record ids')
  if (value.length > LIMITS.recordParents) {
    throw new RecordError('parents', `must hold at most ${LIMITS.recordParents} ids`)
  }
  const ids = Array.from(value, (id: unknown, index) => readId(id, `parents[${index}]`))
  for (const [index, id] of ids.entries()) {
    const before = ids[index - 1]
    if (before === undefined || before < id) continue
    const field = `parents[${index}]`
    if (before === id)
      throw new RecordError(field, 'repeats the id before it; give each parent once')
    throw new RecordError(field, 'is out of order; sort parents ascending')
  }
  return ids
}

function readId(value: unknown, field: string): string {
  if (typeof value === 'string' && ID.test(value)) return value
  throw new RecordError(field, 'must be a record id: 64 lower-case hex digits')
}

function readText(
  object: Readonly<Record<string, unknown>>,
  field: string,
  form: RegExp,
  rule: string,
): string {
  const value = object[field]
  if (typeof value === 'string' && form.test(value)) return value
  throw new RecordError(field, `must be ${rule}`)
}

function readName<Name extends string>(
  object: Readonly<Record<string, unknown>>,
  field: string,
  names: readonly Name[],
): Name {
  const name = names.find((known) => known === object[field])
  if (name === undefined) throw new RecordError(field, `must be one of ${names.join(' ')}`)
  return name
}

function readClock(value: unknown): number {
  // Object.is: -0 would come back from canonical JSON as 0.
  if (Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0)) {
    return value as number
  }
  throw new RecordError('clock', 'must be an integer from 0 to 9007199254740991')
}

function readBody(value: unknown): JsonObject {
  if (!isPlainObject(value)) throw new RecordError('body', 'must be a JSON object')
  try {
    // The walk gives an upper bound; only a body near the limit is written out to be measured.
    const { mostBytes } = checkJson(value, BODY_BOUNDS, ['body'])
    if (mostBytes > BODY_BOUNDS.bytes) canonicalJson(value, BODY_BOUNDS)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new RecordError(error.field === '$' ? 'body' : error.field, error.message)
  }
  return value as JsonObject
}
