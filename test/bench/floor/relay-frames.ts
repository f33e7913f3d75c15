/** Bytes before the body of a message: the number of the request. */
const HEAD_BYTES = 4

/** A message of the smallest relay, the same both ways. */
export function frame(number: number, body: ArrayBuffer | Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + body.byteLength)
  new DataView(bytes.buffer).setUint32(0, number)
  bytes.set(body instanceof Uint8Array ? body : new Uint8Array(body), HEAD_BYTES)
  return bytes
}

export function numberOf(message: ArrayBuffer): number {
  return new DataView(message).getUint32(0)
}

export function bodyOf(message: ArrayBuffer): Uint8Array {
  return new Uint8Array(message, HEAD_BYTES)
}
