import type { FileHandle } from 'node:fs/promises'

/** Bytes read at a time. */
const CHUNK_BYTES = 1024 * 1024

/**
 * The bytes of a file from a place on, each chunk in memory of its own. The file stays open, also for whoever stops early: a
 * stream of Node.js would close it.
 */
export async function* readChunks(
  file: FileHandle,
  start = 0,
  end = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const size = Math.min(CHUNK_BYTES, end - at)
    const { bytesRead, buffer } = await file.read(new Uint8Array(size), 0, size, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
