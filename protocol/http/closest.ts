/** The candidate with the fewest edits to a mistyped word; undefined if even that one is half another word. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const edits = distance(word, candidate)
    if (edits >= fewest || edits * 2 > Math.max(word.length, candidate.length)) continue
    best = candidate
    fewest = edits
  }
  return best
}

/** Levenshtein's: insertions, deletions and substitutions. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (const [at, character] of [...left].entries()) {
    const next = [at + 1]
    for (let to = 1; to <= right.length; to++) {
      const substituted = (row[to - 1] ?? 0) + (right[to - 1] === character ? 0 : 1)
      next.push(Math.min(substituted, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
