const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const LOWER_HEX = /^(?:[0-9a-f]{2})*$/

/** Lower-case hex, two digits a byte. */
export function encodeHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += PAIRS[byte]
  return text
}

/** Bytes of lower-case hex; undefined for anything else, upper case included: one value, one spelling. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!LOWER_HEX.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  }
  return bytes
}
