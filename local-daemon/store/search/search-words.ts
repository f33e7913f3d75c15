import { ProblemError } from '../../problem/problem-error.ts'
import { foldText } from '../query/fold-text.ts'
import { STORE_LIMITS } from '../limits.ts'

/** A word that has no space in it, or what stands between two quotes, if they stand where words begin and end. */
const WORD = /"([^"]+)"(?=\s|$)|\S+/gu

/**
 * What a search looks for: each must stand in some text of a record. Nothing is syntax but a pair of quotes around words: a
 * single quote, `*`, `-`, `AND` or `NEAR(` are looked for as they are.
 *
 * @returns folded as `foldText` does, each once
 * @throws ProblemError INVALID_SEARCH
 */
export function searchWords(text: string): readonly string[] {
  const { searchUnits, searchWordCount } = STORE_LIMITS
  if (text.length > searchUnits) {
    throw invalidSearch(
      `is ${text.length} characters long; a search has at most ${searchUnits}`,
      'Give some words that the record has, or one line of it in quotes.',
    )
  }
  const words = new Set<string>()
  for (const [whole, quoted] of text.toWellFormed().matchAll(WORD)) {
    words.add(foldText(quoted ?? whole))
  }
  if (words.size === 0) throw invalidSearch('has no word', 'Give a word that the record has.')
  if (words.size > searchWordCount) {
    throw invalidSearch(
      `has ${words.size} words; a search has at most ${searchWordCount}`,
      'Leave some out, or put words that stand together in quotes.',
    )
  }
  return [...words]
}

function invalidSearch(what: string, next: string): ProblemError {
  return new ProblemError('INVALID_SEARCH', `q ${what}`, { field: 'q', try: next })
}
