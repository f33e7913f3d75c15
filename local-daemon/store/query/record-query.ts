import type { Sight } from '../sight.ts'
import type { Condition } from './condition.ts'

/** A query over records. Plain data: it goes to another thread. */
export interface RecordQuery {
  readonly condition: Condition
  /** What the reader may see: nothing else is found, counted or told of. */
  readonly sight: Sight
  /** In order of arrival, or of `clock` and then of arrival. */
  readonly by: 'arrival' | 'clock'
  readonly descending: boolean
  readonly limit: number
  /** Only records that had arrived then. */
  readonly upTo: number
  /** The last record of the page before: its clock and its sequence number. */
  readonly after: Hit | undefined
}

/** A record that was found. */
export interface Hit {
  readonly seq: number
  readonly clock: number
}

export interface QueryResult {
  readonly hits: readonly Hit[]
  /** Whether there are more after them. */
  readonly more: boolean
  readonly plan: QueryPlan
}

/** How the records were found. */
export interface QueryPlan {
  /** In words: by which index, in which order. */
  readonly steps: readonly string[]
  /** Records that the filter was applied to, of those that the reader may see. */
  readonly looked: number
}
