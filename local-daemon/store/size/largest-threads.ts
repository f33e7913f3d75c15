import { setImmediate as turn } from 'node:timers/promises'
import type { ThreadRow } from '../rows.ts'

export interface ThreadCount {
  readonly thread: string
  readonly records: number
}

/**
 * The threads with most records, the largest first. Goes through all of them in slices: other work gets its turn after
 * each.
 * @param before the threads that began before a sequence number, the newest first, at most as many as asked for
 */
export async function largestThreads(
  before: (seq: number, limit: number) => readonly ThreadRow[],
  count: number,
): Promise<readonly ThreadCount[]> {
  let largest: ThreadCount[] = []
  for (let seq = Number.MAX_SAFE_INTEGER; ;) {
    const rows = before(seq, SLICE)
    largest = [...largest, ...rows.map(({ thread, records }) => ({ thread, records }))]
      .toSorted((a, b) => b.records - a.records)
      .slice(0, count)
    const last = rows.at(-1)
    if (last === undefined || rows.length < SLICE) return largest
    seq = last.first_seq
    await turn()
  }
}

/** Some milliseconds. */
const SLICE = 1_000
