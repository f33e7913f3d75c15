/** Sequence numbers in one range of an index: those after a place, ascending, at most so many. No two sources have the same one. */
export type SeqSource = (after: number, limit: number) => readonly number[]

/** How many numbers are taken from a source at first, before it is known whether it has more of them. */
const FIRST_READ = 2

interface Open {
  readonly source: SeqSource
  /** What was read of it, and how far that was given out. */
  seqs: readonly number[]
  at: number
  /** How many to read next: twice as many each time, so that a page reads at most twice what it gives. */
  next: number
}

/**
 * The first numbers after a place of all sources together, ascending, at most `most`. A source is asked for few numbers at
 * first and for more while it gives them, so this costs the sources and the page, whatever lies behind it.
 */
export function mergeSeqs(
  sources: readonly SeqSource[],
  after: number,
  most: number,
): readonly number[] {
  const [only] = sources
  if (only === undefined) return []
  if (sources.length === 1) return only(after, most)
  const heap: Open[] = []
  for (const source of sources) {
    const open: Open = { source, seqs: [], at: 0, next: Math.min(FIRST_READ, most) }
    if (refill(open, after, most)) push(heap, open)
  }
  const merged: number[] = []
  while (merged.length < most) {
    const [least] = heap
    if (least === undefined) break
    const seq = headOf(least)
    merged.push(seq)
    least.at += 1
    if (least.at === least.seqs.length && !refill(least, seq, most - merged.length)) {
      const last = heap.pop()
      if (last === undefined || last === least) continue
      heap[0] = last
    }
    sink(heap)
  }
  return merged
}

/** Whether there is more. */
function refill(open: Open, after: number, most: number): boolean {
  const limit = Math.min(open.next, most)
  // The last read gave less than it asked for: the source is at its end.
  if (limit < 1 || (open.seqs.length > 0 && open.seqs.length < open.next / 2)) return false
  open.seqs = open.source(after, limit)
  open.at = 0
  open.next = limit * 2
  return open.seqs.length > 0
}

function headOf(open: Open): number {
  return open.seqs[open.at] ?? Number.POSITIVE_INFINITY
}

/** A binary heap, the source with the least number first. */
function push(heap: Open[], open: Open): void {
  let at = heap.length
  heap.push(open)
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || headOf(parent) <= headOf(open)) break
    heap[at] = parent
    heap[above] = open
    at = above
  }
}

function sink(heap: Open[]): void {
  let at = 0
  for (;;) {
    const [left, right] = [2 * at + 1, 2 * at + 2]
    const [here, one, other] = [heap[at], heap[left], heap[right]]
    if (here === undefined || one === undefined) return
    const [below, least] =
      other !== undefined && headOf(other) < headOf(one) ? [right, other] : [left, one]
    if (headOf(here) <= headOf(least)) return
    heap[at] = least
    heap[below] = here
    at = below
  }
}
