/** One item of a stream: a line of NDJSON, or an element of an array. */
export interface StreamItem {
  /** From 1. Of lines: blank ones are counted, as an editor counts them. */
  readonly line: number
  /** Its bytes, valid until the next item is asked for; undefined: it has more than the limit, and they were dropped. */
  readonly bytes: Uint8Array | undefined
}

/** Splits a stream of bytes into items, holding no more than one. */
export interface ItemSplitter {
  /** The items that are whole with these bytes. Take them all before the next call. */
  push(chunk: Uint8Array): Iterable<StreamItem>
  /** What is left at the end of the stream. */
  end(): Iterable<StreamItem>
}

const LINE_FEED = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const TAB = 0x09

/** Splits NDJSON into its lines. Blank lines are passed over; the last one needs no line feed. */
export class LineSplitter implements ItemSplitter {
  readonly #held: HeldBytes
  #line = 1

  /** @param mostBytes of one line */
  constructor(mostBytes: number) {
    this.#held = new HeldBytes(mostBytes)
  }

  *push(chunk: Uint8Array): Generator<StreamItem> {
    let at = 0
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, at)
      if (end === -1) break
      this.#held.add(chunk.subarray(at, end))
      at = end + 1
      yield* this.#take()
    }
    this.#held.keep(chunk.subarray(at))
  }

  *end(): Generator<StreamItem> {
    yield* this.#take()
  }

  *#take(): Generator<StreamItem> {
    const line = this.#line
    this.#line += 1
    const bytes = this.#held.take()
    if (bytes === undefined || !bytes.every(isBlank)) yield { line, bytes }
  }
}

/** Some programs write it in front of UTF-8 (RFC 8259, section 8.1, lets a reader pass over it). */
export const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf]

/** Whether a byte is white space of JSON. */
export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB
}

/** The bytes of one item, as they come in pieces; dropped once they are too many. */
export class HeldBytes {
  readonly #most: number
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** Adds bytes that are used before the caller takes them back. */
  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#bytes += bytes.length
    if (this.#bytes <= this.#most) this.#parts.push(bytes)
    else this.#parts = []
  }

  /** Adds a copy: the caller's memory may be used again. */
  keep(bytes: Uint8Array): void {
    const fits = this.#bytes + bytes.length <= this.#most
    this.add(fits ? bytes.slice() : bytes)
  }

  /** All of them, and begins anew; undefined: there were too many. */
  take(): Uint8Array | undefined {
    const [parts, bytes] = [this.#parts, this.#bytes]
    this.#parts = []
    this.#bytes = 0
    if (bytes > this.#most) return undefined
    const [first, ...more] = parts
    if (first === undefined) return new Uint8Array(0)
    return more.length === 0 ? first : joined(parts, bytes)
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
