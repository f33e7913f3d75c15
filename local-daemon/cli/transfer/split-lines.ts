/** A line of a file, or of a stream. */
export interface FileLine {
  /** Without its line feed; undefined for one that is too long, of which nothing is kept. */
  readonly bytes: Uint8Array | undefined
  /** Where it ends, bytes from the beginning, with its line feed. */
  readonly end: number
  /** The file ended before its line feed. */
  readonly isTorn: boolean
}

const LINE_FEED = 0x0a

/**
 * The lines of a stream of bytes, those of each chunk together. Holds one chunk and the beginning of one line.
 *
 * @param most bytes of a line
 * @param from where the stream begins in its file
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
  from = 0,
): AsyncGenerator<readonly FileLine[]> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let at = from

  function take(rest: Uint8Array): Uint8Array | undefined {
    const bytes = heldBytes + rest.length
    const parts = held
    held = []
    heldBytes = 0
    if (bytes > most) return undefined
    return parts.length === 0 ? rest : Buffer.concat([...parts, rest])
  }

  for await (const chunk of chunks) {
    const lines: FileLine[] = []
    let start = 0
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start)
      if (end === -1) break
      lines.push({ bytes: take(chunk.subarray(start, end)), end: at + end + 1, isTorn: false })
      start = end + 1
    }
    const rest = chunk.subarray(start)
    heldBytes += rest.length
    if (heldBytes > most) held = []
    else if (rest.length > 0) held.push(rest)
    at += chunk.length
    if (lines.length > 0) yield lines
  }
  if (heldBytes > 0) yield [{ bytes: take(new Uint8Array(0)), end: at, isTorn: true }]
}
