import type { JsonObject } from '../json/json-value.ts'

/** What a record does: four acts of coordination, four of effect. */
export const ACTS = ['INTEND', 'DO', 'KNOW', 'LEARN', 'GET', 'PUT', 'CALL', 'MAP'] as const
export type Act = (typeof ACTS)[number]

export const DATA_TYPES = [
  'SCALAR',
  'FORMULA',
  'DISTRIBUTION',
  'REFERENCE',
  'MORPHISM',
  'VOID',
] as const
export type DataType = (typeof DATA_TYPES)[number]

/** A record: exactly these eight fields. All but `judged_by` make its id. */
export interface SplRecord {
  /** Ids of the records it builds upon, ascending, no repeats. */
  readonly parents: readonly string[]
  /** `th_` and 1 to 128 of `A-Z a-z 0-9 _ . -`. */
  readonly thread: string
  /** The DID that speaks, at most 256 characters. */
  readonly actor: string
  readonly act: Act
  readonly body: JsonObject
  /** Logical, not a time: counts the actor's records on this thread. */
  readonly clock: number
  readonly data_type: DataType
  /** Id of the record whose judgement this reflects. */
  readonly judged_by: string | null
}
