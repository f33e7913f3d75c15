import type { PlaceColumn } from '../query/access-path.ts'
import { foldText } from '../query/fold-text.ts'
import { eachBodyText } from './body-texts.ts'

/** What the index has of a record, by column. It keeps none of it as text, only which three characters are in which record. */
export type IndexEntry = readonly [namespace: string, thread: string, actor: string, text: string]

/** The columns that an entry is made of. */
export interface IndexedRow {
  readonly seq: number
  readonly raw: string
  /** The numbers of its namespace, its thread and its actor. */
  readonly namespace: number
  readonly thread: number
  readonly actor: number
}

/** Behind each text: so each of its characters begins three, and a word of one or two can be found by what begins with it. */
const END = '\n\n'

export function indexEntry({ raw, namespace, thread, actor }: IndexedRow): IndexEntry {
  const texts: string[] = []
  eachBodyText(raw, (text) => {
    texts.push(indexable(foldText(text)), END)
    return false
  })
  return [
    placeTerm('namespace', namespace),
    placeTerm('thread', thread),
    placeTerm('actor', actor),
    texts.join(''),
  ]
}

/** The text as the tokenizer takes all of it: for a NUL, it has another character. @param folded of `foldText` */
export function indexable(folded: string): string {
  return folded.replaceAll('\0', '\uFFFD').toWellFormed()
}

const KINDS: Readonly<Record<PlaceColumn, number>> = { namespace: 0, thread: 1, actor: 2 }

/**
 * Three characters that stand for the number of a namespace, a thread or an actor, of the planes for private use. So a search within
 * a reach goes over what is within it. A text that has them is found too many times and then left out, as every record is looked at.
 */
export function placeTerm(column: PlaceColumn, number: number): string {
  const [high, middle, low] = [
    Math.floor(number / 0x4000_0000) % 0x2000,
    Math.floor(number / 0x8000) % 0x8000,
    number % 0x8000,
  ]
  return String.fromCodePoint(
    0xf_0000 + KINDS[column] * 0x2000 + high,
    0x10_0000 + middle,
    0x10_0000 + low,
  )
}
