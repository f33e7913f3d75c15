/** These bytes as a body of unknown length, in pieces, made as they are read. */
export function streamOf(
  bytes: Uint8Array,
  piece: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.slice(at, at + piece))
        at += piece
      },
    },
    { highWaterMark: 0 },
  )
}
