/**
 * WebSocket messages inside a stream's bytes. After an accepted upgrade both directions of the stream
 * carry records: opcode (1 byte, RFC 6455 §11.8), length (4 bytes, big-endian), payload. Text and
 * binary keep their kind, a close keeps its code and reason; END follows the close. A stream that ends
 * without a close record was cut, which a WebSocket calls 1006.
 */

export const OPCODE = { TEXT: 1, BINARY: 2, CLOSE: 8 } as const

export type WebSocketRecord =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

/** Bytes of a record before its payload. */
export const RECORD_HEADER_BYTES = 5

/** A record that no WebSocket can have sent; the stream is reset. */
export class WebSocketRecordError extends Error {
  override readonly name = 'WebSocketRecordError'
}

const encoder = new TextEncoder()

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
  #pending: Uint8Array[] = []
  #bytes = 0

  /** @param maxBytes largest payload of one record */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * @returns the records that are whole now
   * @throws WebSocketRecordError for an unknown opcode, an oversized payload, broken UTF-8
   */
  push(chunk: Uint8Array): WebSocketRecord[] {
    this.#pending.push(chunk)
    this.#bytes += chunk.length
    const records: WebSocketRecord[] = []
    for (;;) {
      const payloadBytes = this.#nextPayloadBytes()
      if (payloadBytes === undefined || this.#bytes < RECORD_HEADER_BYTES + payloadBytes) break
      const record = this.#take(RECORD_HEADER_BYTES + payloadBytes)
      records.push(decodeRecord(record[0] as number, record.subarray(RECORD_HEADER_BYTES)))
    }
    return records
  }

  #nextPayloadBytes(): number | undefined {
    if (this.#bytes < RECORD_HEADER_BYTES) return undefined
    const header = this.#peekHeader()
    const opcode = header[0] as number
    if (opcode !== OPCODE.TEXT && opcode !== OPCODE.BINARY && opcode !== OPCODE.CLOSE) {
      throw new WebSocketRecordError(`read record: opcode ${opcode}`)
    }
    const length = new DataView(header.buffer, header.byteOffset).getUint32(1)
    if (length > this.#maxBytes) throw new WebSocketRecordError(`read record: ${length} bytes`)
    return length
  }

  #peekHeader(): Uint8Array {
    const first = this.#pending[0] as Uint8Array
    if (first.length >= RECORD_HEADER_BYTES) return first.subarray(0, RECORD_HEADER_BYTES)
    // Joined once the header is split, so that a payload in many pieces is not joined per piece.
    const joined = this.#join(this.#bytes)
    this.#pending = [joined]
    return joined.subarray(0, RECORD_HEADER_BYTES)
  }

  #take(count: number): Uint8Array {
    const all = this.#join(this.#bytes)
    this.#pending = all.length > count ? [all.subarray(count)] : []
    this.#bytes -= count
    return all.subarray(0, count)
  }

  #join(count: number): Uint8Array {
    const first = this.#pending[0]
    if (this.#pending.length === 1 && first !== undefined) return first
    const joined = new Uint8Array(count)
    let at = 0
    for (const piece of this.#pending) {
      joined.set(piece, at)
      at += piece.length
    }
    return joined
  }
}

function decodeRecord(opcode: number, payload: Uint8Array): WebSocketRecord {
  if (opcode === OPCODE.BINARY) return { kind: 'binary', bytes: payload }
  if (opcode === OPCODE.TEXT) return { kind: 'text', text: decodeText(payload) }
  if (payload.length < 2) return { kind: 'close', code: 1005, reason: '' }
  const code = ((payload[0] as number) << 8) | (payload[1] as number)
  return { kind: 'close', code, reason: decodeText(payload.subarray(2)) }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new WebSocketRecordError('read record: text is not UTF-8', { cause })
  }
}

/** RFC 6455 §7.4.1: 1005 and its like are never sent; they stand for a close without a payload. */
function closePayload(code: number, reason: string): Uint8Array {
  if (code === 1005) return new Uint8Array(0)
  const text = encoder.encode(reason).subarray(0, 123)
  const payload = new Uint8Array(2 + text.length)
  payload[0] = code >> 8
  payload[1] = code & 0xff
  payload.set(text, 2)
  return payload
}

function withHeader(opcode: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + payload.length)
  bytes[0] = opcode
  new DataView(bytes.buffer).setUint32(1, payload.length)
  bytes.set(payload, RECORD_HEADER_BYTES)
  return bytes
}
