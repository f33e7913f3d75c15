import { placeOfWord } from '../../store/search/matches.ts'
import { searchWords } from '../../store/search/search-words.ts'
import { letterWidth, textWidth } from '../output/text-width.ts'

/**
 * A snippet for so many columns, which a table cuts at its end: where the word would be cut off, it is cut at its beginning first.
 *
 * @param q what was looked for
 */
export function shownSnippet(snippet: string, q: string, columns: number): string {
  if (textWidth(snippet) <= columns) return snippet
  const [at, end] = placeOfWord(snippet, searchWords(q)) ?? [0, 0]
  if (textWidth(snippet.slice(0, end)) < columns) return snippet
  let lead = ''
  let width = 1
  for (const { segment } of [...new Intl.Segmenter().segment(snippet.slice(0, at))].toReversed()) {
    width += letterWidth(segment)
    if (width > columns / 4) return `…${lead}${snippet.slice(at)}`
    lead = segment + lead
  }
  return snippet
}
