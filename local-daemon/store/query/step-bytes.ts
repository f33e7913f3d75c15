import type { Database } from 'better-sqlite3'
import { STORE_LIMITS } from '../limits.ts'
import type { Condition } from './condition.ts'

/**
 * Bytes of records that one step may look at, so that it takes about `queryStepMs` whatever their size and whatever is asked of each: an
 * open read keeps the log, and with it what was redacted. A step has at least one record.
 */
export function stepBytes(condition: Condition): number {
  return Math.floor(STORE_LIMITS.queryStepBytes / Math.max(1, costOf(condition)))
}

/** How often each byte of a record is gone through, about. */
function costOf(condition: Condition): number {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.reduce((sum, one) => sum + costOf(one), 0)
    case 'not':
      return costOf(condition.of)
    case 'like':
      // With `_`, each character of the pattern is compared at each place of the text.
      return condition.pattern.includes('_') ? 2 + condition.pattern.length : 2
    case 'words':
      // Each text of the body is parsed, folded, and gone through for each word.
      return 4 + condition.words.length
    default:
      return 1
  }
}

/** Parts of a list of records, in its order, each of at most so many bytes or of one record. */
export function partsOf(database: Database, seqs: readonly number[], most: number): number[][] {
  const sizes = new Map(
    database
      .prepare<[string], [seq: number, bytes: number]>(
        `SELECT seq, octet_length(raw) FROM records NOT INDEXED
         WHERE seq IN (SELECT value FROM json_each(?))`,
      )
      .raw()
      .all(JSON.stringify(seqs)),
  )
  const parts: number[][] = []
  let bytes = Infinity
  for (const seq of seqs) {
    const size = sizes.get(seq) ?? 0
    if (bytes + size > most) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(seq)
    bytes += size
  }
  return parts
}
