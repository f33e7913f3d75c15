/** A handshake that asks for a WebSocket at this path. */
export function handshakeOf(path: string, fields = ''): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}\r\n`
  )
}

interface FrameForm {
  readonly fin?: boolean
  readonly reserved?: number
  readonly masked?: boolean
  /** What the head says, in place of the payload's own length. */
  readonly says?: bigint
}

const MASK = Buffer.from([1, 2, 3, 4])

/** A client's frame, or what pretends to be one (RFC 6455, section 5.2). */
export function frameOf(
  opcode: number,
  payload: Uint8Array | string,
  form: FrameForm = {},
): Buffer {
  const { fin = true, reserved = 0, masked = true, says } = form
  const body = Buffer.from(payload)
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  const mask = masked ? 0x80 : 0
  const head =
    says !== undefined || body.length > 0xffff
      ? Buffer.alloc(10)
      : Buffer.alloc(body.length > 125 ? 4 : 2)
  head[0] = first
  head[1] = mask | (head.length === 10 ? 127 : head.length === 4 ? 126 : body.length)
  if (head.length === 10) head.writeBigUInt64BE(says ?? BigInt(body.length), 2)
  if (head.length === 4) head.writeUInt16BE(body.length, 2)
  if (!masked) return Buffer.concat([head, body])
  for (let at = 0; at < body.length; at++) body[at] = (body[at] ?? 0) ^ (MASK[at % 4] ?? 0)
  return Buffer.concat([head, MASK, body])
}

/** A close with a code (RFC 6455, section 5.5.1). */
export function closeOf(code: number, reason: Uint8Array | string = ''): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)])
  payload.writeUInt16BE(code)
  return frameOf(8, payload)
}

/** Codes of the close frames in what a server sent after its handshake, as Latin-1. */
export function closesIn(answer: string): number[] {
  const bytes = Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1')
  const codes: number[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = (bytes[at + 1] ?? 0) & 0x7f
    const size = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2))
    if (((bytes[at] ?? 0) & 15) === 8 && length >= 2) codes.push(bytes.readUInt16BE(at + size))
    at += size + length
  }
  return codes
}
