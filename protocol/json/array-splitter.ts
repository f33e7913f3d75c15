import {
  BYTE_ORDER_MARK,
  HeldBytes,
  isBlank,
  type ItemSplitter,
  type StreamItem,
} from './line-splitter.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSING_BRACKET = 0x5d
const BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/** The array itself is broken: nothing after this place can be told apart. */
export class ArrayError extends Error {
  override readonly name = 'ArrayError'
}

/**
 * Splits the text of a JSON array into the texts of its elements. It only looks for the commas between them: whether an
 * element is JSON, its parser says. `push` and `end` throw `ArrayError`.
 */
export class ArraySplitter implements ItemSplitter {
  readonly #held: HeldBytes
  #state: 'before' | 'inside' | 'after' = 'before'
  /** Open brackets and braces inside the element. */
  #depth = 0
  #inString = false
  #isEscaped = false
  /** The element has more than white space. */
  #hasText = false
  #line = 1
  /** Bytes of a byte order mark that were met; all of it once anything else was. */
  #mark = 0

  /** @param mostBytes of one element */
  constructor(mostBytes: number) {
    this.#held = new HeldBytes(mostBytes)
  }

  *push(chunk: Uint8Array): Generator<StreamItem> {
    let from = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number
      if (this.#state !== 'inside') {
        if (this.#isOfMark(byte) || isBlank(byte)) continue
        if (this.#state === 'after') throw new ArrayError('Text follows the end of the array')
        if (byte !== BRACKET) throw new ArrayError('The array does not begin with [')
        this.#state = 'inside'
        from = at + 1
        continue
      }
      const end = this.#look(byte)
      if (end === undefined) continue
      this.#held.add(chunk.subarray(from, at))
      from = at + 1
      if (end === 'array') this.#state = 'after'
      // An empty array has no element; after a comma, a missing one is the element's own fault.
      if (end === 'array' && !this.#hasText && this.#line === 1) this.#held.take()
      else yield this.#take()
    }
    if (this.#state === 'inside') this.#held.keep(chunk.subarray(from))
  }

  // oxlint-disable-next-line require-yield -- as of every splitter
  *end(): Generator<StreamItem> {
    if (this.#state === 'before') throw new ArrayError('There is no array')
    if (this.#state === 'inside') throw new ArrayError('The array does not end')
  }

  #isOfMark(byte: number): boolean {
    const isNext = byte === BYTE_ORDER_MARK[this.#mark]
    if (!isNext && this.#mark > 0 && this.#mark < BYTE_ORDER_MARK.length) {
      throw new ArrayError('The array does not begin with [')
    }
    this.#mark = isNext ? this.#mark + 1 : BYTE_ORDER_MARK.length
    return isNext
  }

  /** What ends before this byte, if anything. */
  #look(byte: number): 'element' | 'array' | undefined {
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === BACKSLASH) this.#isEscaped = true
      else if (byte === QUOTE) this.#inString = false
      return undefined
    }
    if (this.#depth === 0) {
      if (byte === COMMA) return 'element'
      if (byte === CLOSING_BRACKET) return 'array'
      if (byte === CLOSING_BRACE) throw new ArrayError('A } closes nothing')
    }
    if (byte === QUOTE) this.#inString = true
    else if (byte === BRACKET || byte === BRACE) this.#depth += 1
    else if (byte === CLOSING_BRACKET || byte === CLOSING_BRACE) this.#depth -= 1
    this.#hasText ||= !isBlank(byte)
    return undefined
  }

  #take(): StreamItem {
    const line = this.#line
    this.#line += 1
    this.#hasText = false
    return { line, bytes: this.#held.take() }
  }
}
