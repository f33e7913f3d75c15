import { foldText } from '../query/fold-text.ts'
import { eachBodyText } from './body-texts.ts'

/**
 * Whether each word stands in some text of a record's body: what a search means, whatever an index says.
 *
 * @param raw a record's canonical text
 * @param words folded
 */
export function hasWords(raw: unknown, words: readonly string[]): boolean {
  let left = words
  return eachBodyText(raw, (text) => {
    const folded = foldText(text)
    left = left.filter((word) => !folded.includes(word))
    return left.length === 0
  })
}
