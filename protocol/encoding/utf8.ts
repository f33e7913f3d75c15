// Fatal: a text with broken UTF-8 must not turn into another one. BOM kept: it is not ours to drop.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text that these bytes are; undefined if they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** At most so many bytes of UTF-8, never ending inside a character: half of one could not be read again. */
export function cutText(text: Uint8Array, bytes: number): Uint8Array {
  let end = Math.min(text.length, bytes)
  while (end < text.length && ((text[end] as number) & 0xc0) === 0x80) end -= 1
  return text.subarray(0, end)
}
