import { FRAME_HEADER_BYTES } from '../../../protocol/tunnel/frame.ts'

/** Joined pieces are at most so large: credit comes back for a whole piece, and must not come late. */
const PIECE_BYTES = 128 * 1024

/**
 * Joins the payloads of frames that follow each other in one message, by moving the later ones over the
 * headers between them: a write to the client costs the runtime more than moving the bytes (measured).
 * The message's memory is ours, and what is moved over is a header that was read, or the payload itself.
 */
export function joinNeighbours(chunks: readonly Uint8Array[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  // Where the last piece's payload ended before anything was moved.
  let end = 0
  for (const chunk of chunks) {
    const last = pieces.at(-1)
    const follows =
      last !== undefined &&
      last.buffer === chunk.buffer &&
      chunk.byteOffset === end + FRAME_HEADER_BYTES &&
      last.length + chunk.length <= PIECE_BYTES
    end = chunk.byteOffset + chunk.length
    if (!follows) {
      pieces.push(chunk)
      continue
    }
    const joined = new Uint8Array(last.buffer, last.byteOffset, last.length + chunk.length)
    joined.set(chunk, last.length)
    pieces[pieces.length - 1] = joined
  }
  return pieces
}
