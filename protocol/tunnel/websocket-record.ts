/**
 * WebSocket messages inside a stream's bytes. After an accepted upgrade both directions of the stream
 * carry records: opcode (1 byte, RFC 6455 §11.8), length (4 bytes, big-endian), payload. Text and
 * binary keep their kind, a close keeps its code and reason; END follows the close. A stream that ends
 * without a close record was cut, which a WebSocket calls 1006.
 */

import { isSendableCode, NO_STATUS, REASON_BYTES } from './close-event.ts'
import { cutText, decodeText as decodeUtf8 } from '../encoding/utf8.ts'
import { readUint32, writeUint32 } from '../encoding/wire-integers.ts'

export const OPCODE = { TEXT: 1, BINARY: 2, CLOSE: 8 } as const

export type WebSocketRecord =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

/** Bytes of a record before its payload. */
export const RECORD_HEADER_BYTES = 5

/** Room for a record whose end has not come, before it grows. */
const HELD_BYTES = 256

/** A record that a WebSocket cannot have sent; the stream is reset. */
export class WebSocketRecordError extends Error {
  override readonly name = 'WebSocketRecordError'
}

const encoder = new TextEncoder()

/**
 * @throws WebSocketRecordError for a close with a code that is never sent, such as 1006: a cut must not
 *   look like a close, so reset the stream instead
 */
export function encodeRecord(record: WebSocketRecord): Uint8Array {
  switch (record.kind) {
    case 'text':
      return withHeader(OPCODE.TEXT, encoder.encode(record.text))
    case 'binary':
      return withHeader(OPCODE.BINARY, record.bytes)
    case 'close':
      return withHeader(OPCODE.CLOSE, closePayload(record.code, record.reason))
  }
}

/** Puts records together again from the pieces in which a stream's bytes arrive. */
export class WebSocketRecordReader {
  readonly #maxBytes: number
  /** The beginning of a record whose rest has not come. Grows with what arrives, not with what is announced. */
  #held = new Uint8Array(HELD_BYTES)
  #count = 0
  #closed = false

  /** @param maxBytes largest payload of one record */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * @returns the records that are whole now; binary ones may be views into `chunk`
   * @throws WebSocketRecordError for an unknown opcode, an oversized payload, broken UTF-8, a close that
   *   must not be sent, and anything after a close
   */
  push(chunk: Uint8Array): WebSocketRecord[] {
    const records: WebSocketRecord[] = []
    let rest = chunk
    while (rest.length > 0) {
      if (this.#closed) throw new WebSocketRecordError('read record: there was a close before it')
      const held = this.#count > 0
      const wanted = this.#recordBytes(held ? this.#held.subarray(0, this.#count) : rest)
      const taken = Math.min(rest.length, wanted - this.#count)
      const piece = rest.subarray(0, taken)
      rest = rest.subarray(taken)
      const record = held || taken < wanted ? this.#hold(piece) : piece
      if (record.length < wanted || wanted < this.#recordBytes(record)) continue
      records.push(this.#decode(record))
      if (this.#count === 0) continue
      // The owner has these bytes now.
      this.#held = new Uint8Array(HELD_BYTES)
      this.#count = 0
    }
    return records
  }

  /** Bytes of the record that starts here, or of its header as long as that is not whole. */
  #recordBytes(start: Uint8Array): number {
    const opcode = start[0]
    if (opcode !== OPCODE.TEXT && opcode !== OPCODE.BINARY && opcode !== OPCODE.CLOSE) {
      throw new WebSocketRecordError(`read record: opcode ${opcode}`)
    }
    if (start.length < RECORD_HEADER_BYTES) return RECORD_HEADER_BYTES
    const length = readUint32(start, 1)
    const limit = opcode === OPCODE.CLOSE ? 2 + REASON_BYTES : this.#maxBytes
    if (length > limit) throw new WebSocketRecordError(`read record: ${length} bytes`)
    return RECORD_HEADER_BYTES + length
  }

  /** Keeps a piece, and returns everything that is held. */
  #hold(piece: Uint8Array): Uint8Array {
    const count = this.#count + piece.length
    if (count > this.#held.length) {
      const grown = new Uint8Array(Math.max(count, 2 * this.#held.length))
      grown.set(this.#held.subarray(0, this.#count))
      this.#held = grown
    }
    this.#held.set(piece, this.#count)
    this.#count = count
    return this.#held.subarray(0, count)
  }

  #decode(record: Uint8Array): WebSocketRecord {
    const payload = record.subarray(RECORD_HEADER_BYTES)
    if (record[0] === OPCODE.BINARY) return { kind: 'binary', bytes: payload }
    if (record[0] === OPCODE.TEXT) return { kind: 'text', text: decodeText(payload) }
    this.#closed = true
    if (payload.length === 0) return { kind: 'close', code: NO_STATUS, reason: '' }
    const code = payload.length < 2 ? 0 : ((payload[0] as number) << 8) | (payload[1] as number)
    if (!isSendableCode(code)) throw new WebSocketRecordError(`read record: close code ${code}`)
    return { kind: 'close', code, reason: decodeText(payload.subarray(2)) }
  }
}

function decodeText(bytes: Uint8Array): string {
  // A message must not turn into another one.
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new WebSocketRecordError('read record: text is not UTF-8')
  return text
}

function closePayload(code: number, reason: string): Uint8Array {
  if (code === NO_STATUS) return new Uint8Array(0)
  if (!isSendableCode(code)) throw new WebSocketRecordError(`write record: close code ${code}`)
  const text = cutText(encoder.encode(reason), REASON_BYTES)
  const payload = new Uint8Array(2 + text.length)
  payload[0] = code >> 8
  payload[1] = code & 0xff
  payload.set(text, 2)
  return payload
}

function withHeader(opcode: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + payload.length)
  bytes[0] = opcode
  writeUint32(bytes, 1, payload.length)
  bytes.set(payload, RECORD_HEADER_BYTES)
  return bytes
}
