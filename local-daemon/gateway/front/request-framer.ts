import type { HeadFault } from '../../../protocol/http/head-rules.ts'
import type { FrontLimits } from './front-limits.ts'
import { readHead, type RequestHead } from './request-head.ts'

/** A piece of a connection's bytes, in order: a head, a part of a body as it came, or a fault after which nothing is read. */
export type Piece =
  | { readonly kind: 'head'; readonly head: RequestHead }
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'fault'; readonly fault: HeadFault }

type Limits = Pick<FrontLimits, 'headBytes' | 'chunkLineBytes' | 'trailerBytes'>
type State =
  | { readonly in: 'head' }
  /** `next` follows the last of these bytes. */
  | { readonly in: 'bytes'; left: number; readonly next: 'head' | 'chunk-end' | 'over' }
  | { readonly in: 'chunk-line' | 'chunk-end' | 'over' }
  | { readonly in: 'trailers'; bytes: number }

const HEAD: State = { in: 'head' }
const EMPTY = Buffer.alloc(0)
const HEAD_END = '\r\n\r\n'
const LF = 10
const CR = 13
/** Size and extensions (RFC 9112, section 7.1). */
const CHUNK_LINE = /^([0-9a-fA-F]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/
const TRAILER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*$/

/**
 * Finds the requests in what one client sends. Pure: bytes in, pieces out; only heads are rewritten. Bodies pass as
 * they came, chunks with their frames; each frame is checked before it passes.
 * @param own lines that every head gets, each with its CRLF
 */
export class RequestFramer {
  readonly #own: string
  readonly #limits: Limits
  #state: State = HEAD
  #buffer: Buffer = EMPTY
  /** Bytes of the buffer without the end of a head. */
  #scanned = 0

  constructor(own: string, limits: Limits) {
    this.#own = own
    this.#limits = limits
  }

  /** What is unfinished. */
  get unfinished(): 'head' | 'body' | undefined {
    if (this.#state.in === 'over') return undefined
    if (this.#state.in !== 'head') return 'body'
    return this.#buffer.length > 0 ? 'head' : undefined
  }

  /** Bytes after the last request are dropped. */
  feed(bytes: Buffer): void {
    if (this.#state.in === 'over') return
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
  }

  /** The next piece, or undefined until there are more bytes. */
  next(): Piece | undefined {
    switch (this.#state.in) {
      case 'head':
        return this.#head()
      case 'bytes':
        return this.#bytes(this.#state)
      case 'chunk-line':
        return this.#chunkLine()
      case 'chunk-end':
        return this.#chunkEnd()
      case 'trailers':
        return this.#trailers(this.#state)
      case 'over':
        return undefined
    }
  }

  /** Gives up the remaining bytes: they are no HTTP. */
  rest(): Buffer {
    const rest = this.#buffer
    this.#buffer = EMPTY
    this.#state = { in: 'over' }
    return rest
  }

  #head(): Piece | undefined {
    this.#skipEmptyLines()
    const end = this.#buffer.indexOf(HEAD_END, Math.max(0, this.#scanned - HEAD_END.length))
    const length = end === -1 ? this.#buffer.length : end
    if (length > this.#limits.headBytes) {
      return this.#fault({
        code: 'HEADERS_TOO_LARGE',
        message: `The request's head is larger than ${this.#limits.headBytes} bytes`,
      })
    }
    if (end === -1)
      return this.#hasBareLine() ? this.#malformed('A line does not end in CRLF') : undefined
    const head = readHead(this.#buffer.toString('latin1', 0, end), this.#own)
    if ('code' in head) return this.#fault(head)
    this.#take(end + HEAD_END.length)
    this.#scanned = 0
    this.#state = afterHead(head)
    return { kind: 'head', head }
  }

  /** RFC 9112, section 2.2: a robust server ignores them before a request. */
  #skipEmptyLines(): void {
    let at = 0
    while (this.#buffer[at] === CR && this.#buffer[at + 1] === LF) at += 2
    if (at > 0) this.#take(at)
  }

  #hasBareLine(): boolean {
    const from = this.#scanned
    this.#scanned = this.#buffer.length
    for (
      let at = this.#buffer.indexOf(LF, from);
      at !== -1;
      at = this.#buffer.indexOf(LF, at + 1)
    ) {
      if (this.#buffer[at - 1] !== CR) return true
    }
    return false
  }

  #bytes(state: Extract<State, { in: 'bytes' }>): Piece | undefined {
    if (this.#buffer.length === 0) return undefined
    const bytes = this.#take(Math.min(this.#buffer.length, state.left))
    state.left -= bytes.length
    if (state.left === 0) this.#state = { in: state.next }
    return { kind: 'body', bytes }
  }

  #chunkLine(): Piece | undefined {
    const line = this.#line(this.#limits.chunkLineBytes)
    if (typeof line !== 'string') return line
    const [, size] = CHUNK_LINE.exec(line) ?? []
    if (size === undefined) return this.#malformed('A chunk of the body has no size')
    const left = Number.parseInt(size, 16)
    this.#state =
      left === 0 ? { in: 'trailers', bytes: 0 } : { in: 'bytes', left, next: 'chunk-end' }
    return { kind: 'body', bytes: this.#take(line.length + 2) }
  }

  #chunkEnd(): Piece | undefined {
    if (this.#buffer.length < 2) return undefined
    if (this.#buffer[0] !== CR || this.#buffer[1] !== LF) {
      return this.#malformed('A chunk of the body is longer than it says')
    }
    this.#state = { in: 'chunk-line' }
    return { kind: 'body', bytes: this.#take(2) }
  }

  #trailers(state: Extract<State, { in: 'trailers' }>): Piece | undefined {
    const line = this.#line(this.#limits.trailerBytes - state.bytes)
    if (typeof line !== 'string') return line
    if (line !== '' && !TRAILER.test(line)) return this.#malformed('A trailer is malformed')
    if (line === '') this.#state = HEAD
    else state.bytes += line.length + 2
    return { kind: 'body', bytes: this.#take(line.length + 2) }
  }

  /** A line without its end, not yet taken; undefined until it is whole. */
  #line(most: number): string | Piece | undefined {
    const end = this.#buffer.indexOf('\r\n')
    if (end > most || (end === -1 && this.#buffer.length > most)) {
      return this.#malformed('A line of the body is too long')
    }
    if (end === -1)
      return this.#buffer.includes(LF) ? this.#malformed('A line does not end in CRLF') : undefined
    const line = this.#buffer.toString('latin1', 0, end)
    return /[\0\r\n]/.test(line) ? this.#malformed('A line of the body is malformed') : line
  }

  #take(count: number): Buffer {
    const taken = this.#buffer.subarray(0, count)
    this.#buffer = count === this.#buffer.length ? EMPTY : this.#buffer.subarray(count)
    return taken
  }

  #malformed(message: string): Piece {
    return this.#fault({ code: 'INVALID_REQUEST', message })
  }

  #fault(fault: HeadFault): Piece {
    this.rest()
    return { kind: 'fault', fault }
  }
}

/** A connection of HTTP/1.0 has one request. */
function afterHead({ body, old }: RequestHead): State {
  if (body === 'chunked') return { in: 'chunk-line' }
  const next = old === undefined ? 'head' : 'over'
  return body === 0 ? { in: next } : { in: 'bytes', left: body, next }
}
