import { foldText } from '../query/fold-text.ts'
import { formatBodyPath } from '../query/body-path.ts'
import { eachBodyText } from './body-texts.ts'

/** Where a record has words that were looked for. */
export interface Match {
  /** As a query names it: `body.items[0].text`. */
  readonly field: string
  /** A part of the text around the first of the words, with `…` where something is left out. */
  readonly snippet: string
}

/** Most places of one record that are told. */
const MOST = 3
/** UTF-16 units before a word, and from its beginning on. */
const BEFORE = 40
const FROM = 80

/** The first places with words that no place before has. @param words folded */
export function matchesOf(raw: unknown, words: readonly string[]): readonly Match[] {
  let left = words
  const matches: Match[] = []
  eachBodyText(raw, (text, path) => {
    const folded = foldText(text)
    const [first] = left.filter((word) => folded.includes(word))
    if (first === undefined) return false
    const snippet = around(text, placeIn(text, folded, folded.indexOf(first)))
    matches.push({ field: formatBodyPath(path), snippet })
    left = left.filter((word) => !folded.includes(word))
    return left.length === 0 || matches.length === MOST
  })
  return matches
}

/** Where the first word that a text has begins and ends in it; undefined: it has none. @param words folded */
export function placeOfWord(
  text: string,
  words: readonly string[],
): readonly [begin: number, end: number] | undefined {
  const folded = foldText(text)
  const [first] = words.filter((word) => folded.includes(word))
  if (first === undefined) return undefined
  const at = folded.indexOf(first)
  return [placeIn(text, folded, at), placeIn(text, folded, at + first.length - 1) + 1]
}

/** A letter with its combining marks: folded alone, it is what it is in the whole text. */
const LETTERS = /\P{M}\p{M}*|\p{M}+/gu

/** The place in a text of a place in its folded form. */
function placeIn(text: string, folded: string, at: number): number {
  // Most text keeps its length; the longer way is for the rest.
  if (text.length === folded.length) return at
  let length = 0
  for (const { 0: letter, index } of text.matchAll(LETTERS)) {
    length += foldText(letter).length
    if (length > at) return index
  }
  return 0
}

function around(text: string, at: number): string {
  const start = onBoundary(text, Math.max(0, at - BEFORE))
  const end = onBoundary(text, Math.min(text.length, at + FROM))
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`
}

/** Never between the halves of a pair. */
function onBoundary(text: string, at: number): number {
  const isInPair = at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff
  return isInPair ? at - 1 : at
}
