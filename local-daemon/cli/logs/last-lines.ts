import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const CHUNK_BYTES = 64 * 1024

/** The end of a file: its last whole lines, and how many bytes of it that looked at. */
export interface LastLines {
  readonly lines: readonly string[]
  /** Where the file goes on behind the last whole line. */
  readonly end: number
}

/** Reads the last `count` whole lines of a file, from its end: a long one is not read as a whole. */
export function lastLines(path: string, count: number): LastLines {
  const file = openSync(path, 'r')
  try {
    let start = fstatSync(file).size
    let tail = Buffer.alloc(0)
    // One more than asked for: the first of them may begin before what was read.
    while (start > 0 && breaksIn(tail) <= count) {
      const bytes = Math.min(CHUNK_BYTES, start)
      start -= bytes
      const chunk = Buffer.alloc(bytes)
      readSync(file, chunk, 0, bytes, start)
      tail = Buffer.concat([chunk, tail])
    }
    const whole = tail.subarray(0, tail.lastIndexOf(NEWLINE) + 1)
    const lines = whole.toString().split('\n').slice(0, -1)
    return { lines: count === 0 ? [] : lines.slice(-count), end: start + whole.length }
  } finally {
    closeSync(file)
  }
}

const NEWLINE = 0x0a

function breaksIn(bytes: Buffer): number {
  let count = 0
  for (const byte of bytes) if (byte === NEWLINE) count += 1
  return count
}
