import { hash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { hasWords } from '../search/has-words.ts'
import type { Sql } from './compile-condition.ts'
import { foldText } from './fold-text.ts'
import { matchesLike, parseLike } from './like-pattern.ts'

const HOW = { deterministic: true, directOnly: true } as const

/**
 * Gives a connection what conditions call: `record_id(raw)`, `like_pattern(number, text)` over the patterns of one query, and
 * `has_words(number, raw)` over its lists of words.
 * SQLite's own LIKE knows the letter case of ASCII alone, and has no bound for patterns with many `%`.
 */
export function defineFunctions(
  database: Database,
  { patterns, words }: Pick<Sql, 'patterns' | 'words'>,
): void {
  database.function('record_id', HOW, (raw: unknown) =>
    typeof raw === 'string' ? hash('sha256', raw, 'hex') : null,
  )
  const parsed = patterns.map(({ pattern, folded }) => ({
    parts: parseLike(folded ? foldText(pattern) : pattern) ?? [],
    folded,
  }))
  // Many conditions ask for the same text, one after the other.
  let before = { text: '', folded: '' }
  function folded(text: string): string {
    if (text !== before.text) before = { text, folded: foldText(text) }
    return before.folded
  }
  database.function('like_pattern', HOW, (number: unknown, text: unknown) => {
    const wanted = parsed[Number(number)]
    if (wanted === undefined || typeof text !== 'string') return 0
    return matchesLike(wanted.parts, wanted.folded ? folded(text) : text) ? 1 : 0
  })
  database.function('has_words', HOW, (number: unknown, raw: unknown) =>
    hasWords(raw, words[Number(number)] ?? []) ? 1 : 0,
  )
}
