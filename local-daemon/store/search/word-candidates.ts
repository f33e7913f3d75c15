import type { Database } from 'better-sqlite3'
import type { Source } from '../query/access-path.ts'
import { indexable, placeTerm } from './index-entry.ts'

/** Characters that the index finds a record by. */
const LENGTH = 3
/** Most of these that one search names, and most that a shorter word may begin. */
const MOST_TERMS = 64
const MOST_BEGUN = 256
/** Most places that one search names; with more, the index is not asked for them. */
const MOST_PLACES = 256
/** Comes after everything that begins with a word. */
const AFTER = '\u{10ffff}'.repeat(LENGTH)

/**
 * What the index is asked for the records that may have all words: an expression of FTS5 that this file alone makes, of three quoted
 * characters each. `none`: there are no such records. Undefined: the words are so short, and so much begins with them, that the
 * records themselves are read.
 */
export function askFor(
  index: Database,
  words: readonly string[],
  sources: readonly Source[],
): string | 'none' | undefined {
  const letters = words.map((word) => [...indexable(word)])
  const long = letters.filter((word) => word.length >= LENGTH)
  const terms = long.length > 0 ? [...new Set(long.flatMap(termsOf))] : undefined
  const asked =
    terms === undefined ? askForShort(index, letters) : spread(terms).map(quoted).join(' AND ')
  if (asked === undefined || asked === 'none') return asked
  const places = askForPlaces(sources)
  return places === undefined ? asked : `(${places}) AND ${asked}`
}

function termsOf(word: readonly string[]): readonly string[] {
  return word
    .slice(0, 1 - LENGTH + word.length)
    .map((_, at) => word.slice(at, at + LENGTH).join(''))
}

/** Not more than so many, from all of the text. */
function spread(terms: readonly string[]): readonly string[] {
  const step = Math.max(1, terms.length / MOST_TERMS)
  return terms.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
}

/** Words of one or two characters: by all that begins with them, if it is not too much. */
function askForShort(
  index: Database,
  words: readonly (readonly string[])[],
): string | 'none' | undefined {
  const begun = index
    .prepare<[string, string, number], string>(
      'SELECT term FROM terms WHERE term >= ? AND term <= ? LIMIT ?',
    )
    .pluck()
  const groups: string[] = []
  for (const letters of words) {
    const word = letters.join('')
    const terms = begun.all(word, word + AFTER, MOST_BEGUN + 1)
    if (terms.length === 0) return 'none'
    if (terms.length <= MOST_BEGUN) groups.push(`(${terms.map(quoted).join(' OR ')})`)
  }
  return groups.length === 0 ? undefined : groups.join(' AND ')
}

/** Records of one of the sources; undefined: of the whole log. */
function askForPlaces(sources: readonly Source[]): string | undefined {
  const isAll = sources.some(({ columns }) => columns.length === 0)
  if (isAll || sources.length > MOST_PLACES) return undefined
  return sources
    .map(({ columns, parameters }) => {
      const terms = columns.map((column, at) => quoted(placeTerm(column, parameters[at] ?? 0)))
      return `(${terms.join(' AND ')})`
    })
    .join(' OR ')
}

function quoted(term: string): string {
  return `"${term.replaceAll('"', '""')}"`
}
