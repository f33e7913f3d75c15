/** An event is larger than the limit, so the stream cannot be split. */
export class EventTooLargeError extends Error {
  override readonly name = 'EventTooLargeError'
}

const LF = 10
const CR = 13
const COLON = 58
const SPACE = 32
const RETRY = 'retry'
/** Longest `id:` that is remembered, bytes; a request's header has to carry it. */
const ID_BYTES = 1024

/**
 * Cuts the bytes of an event stream (WHATWG HTML, section 9.2.6) between its events, and remembers the last one's id.
 * So only whole events are passed on, and the stream can be resumed from there. Comments and `retry` between two events
 * need no blank line, and are passed on at once; inside an event they are part of it.
 */
export class EventSplitter {
  readonly #maxBytes: number
  #held: Uint8Array[] = []
  #heldBytes = 0
  #line: 'empty' | 'text' = 'empty'
  /** The line so far, while it may be an `id`. */
  #idLine: number[] | undefined = []
  /** Letters of `retry` that the line has so far; -1: it is a comment. Undefined: it is another field. */
  #aside: number | undefined = 0
  /** Inside an event: a line has arrived, its blank line has not. */
  #inside = false
  #afterCr = false
  /** The id of the unfinished event. */
  #nextId: string | undefined
  #lastId: string | undefined
  #any = false

  /**
   * @param maxBytes largest event
   * @param lastId of the stream that this one continues
   */
  constructor(maxBytes: number, lastId?: string) {
    this.#maxBytes = maxBytes
    this.#nextId = lastId
    this.#lastId = lastId
  }

  /** `id` of the last whole event that had one; undefined: none had, or the last one cleared it. */
  get lastId(): string | undefined {
    return this.#lastId
  }

  /** A whole event has passed. Without ids the stream cannot be resumed. */
  get any(): boolean {
    return this.#any
  }

  /**
   * @returns the whole events that end in `bytes`, with what was held before them; undefined: none does
   * @throws EventTooLargeError
   */
  push(bytes: Uint8Array): Uint8Array | undefined {
    const end = this.#scan(bytes)
    if (end === 0) {
      this.#hold(bytes)
      return undefined
    }
    const whole = this.#join(bytes.subarray(0, end))
    this.#hold(bytes.subarray(end))
    return whole
  }

  /** The bytes after the last whole event. The stream is over. */
  rest(): Uint8Array | undefined {
    return this.#heldBytes === 0 ? undefined : this.#join(new Uint8Array(0))
  }

  /** The stream continues with another answer, after the last whole event, or after the event with this id. */
  restart(lastId: string | undefined = this.#lastId): void {
    this.#lastId = lastId
    this.#held = []
    this.#heldBytes = 0
    this.#line = 'empty'
    this.#idLine = []
    this.#aside = 0
    this.#inside = false
    this.#afterCr = false
    this.#nextId = this.#lastId
  }

  /** The place after the last byte that is not part of an unfinished event; 0 if there is none. */
  #scan(bytes: Uint8Array): number {
    let end = 0
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number
      if (byte === LF && this.#afterCr) {
        // The second half of CR LF; it belongs to what ended there.
        this.#afterCr = false
        if (at > 0 && end === at) end = at + 1
        continue
      }
      this.#afterCr = byte === CR
      if (byte === LF || byte === CR) {
        if (this.#line === 'empty') {
          this.#lastId = this.#nextId
          this.#inside = false
        } else this.#endLine()
        if (!this.#inside) end = at + 1
        this.#line = 'empty'
        this.#idLine = []
        this.#aside = 0
        continue
      }
      this.#line = 'text'
      this.#look(byte)
    }
    return end
  }

  /** Keeps the line only while it may be an `id`: lines may be long. */
  #look(byte: number): void {
    this.#lookAside(byte)
    const line = this.#idLine
    if (line === undefined) return
    line.push(byte)
    const { length } = line
    if (length === 1) {
      if (byte !== 'i'.charCodeAt(0)) {
        if (byte === 'd'.charCodeAt(0)) this.#any = true
        this.#idLine = undefined
      }
    } else if (length === 2) {
      if (byte !== 'd'.charCodeAt(0)) this.#idLine = undefined
    } else if (length === 3) {
      if (byte !== COLON) this.#idLine = undefined
    } else if (length > ID_BYTES) this.#idLine = undefined
  }

  /** A comment, or `retry` and its value: it belongs to no event. */
  #lookAside(byte: number): void {
    const length = this.#aside
    if (length === undefined || length < 0) return
    if (byte === COLON && (length === 0 || length === RETRY.length)) this.#aside = -1
    else this.#aside = byte === RETRY.charCodeAt(length) ? length + 1 : undefined
  }

  #endLine(): void {
    this.#inside ||= this.#aside !== -1
    const line = this.#idLine
    if (line === undefined || line.length < 2) return
    const value = line.slice(line[3] === SPACE ? 4 : 3)
    // As the standard says, an id with a NUL is ignored.
    if (value.includes(0)) return
    const id = decoder.decode(new Uint8Array(value))
    this.#nextId = id === '' ? undefined : id
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#heldBytes += bytes.length
    if (this.#heldBytes > this.#maxBytes) {
      throw new EventTooLargeError(`split events: over ${this.#maxBytes} bytes without an end`)
    }
    this.#held.push(bytes)
  }

  #join(last: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) return last
    const whole = new Uint8Array(this.#heldBytes + last.length)
    let at = 0
    for (const piece of [...this.#held, last]) {
      whole.set(piece, at)
      at += piece.length
    }
    this.#held = []
    this.#heldBytes = 0
    return whole
  }
}

const decoder = new TextDecoder()
