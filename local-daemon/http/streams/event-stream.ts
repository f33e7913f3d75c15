/**
 * The text of server-sent events as a body. Only whole events are handed on, and only when the reader asks.
 * @param next the next events; undefined: there are no more
 * @param leave called when there are no more, and when the reader has left
 */
export function eventStream(
  next: () => Promise<string | undefined>,
  leave: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return bytesStream(async () => {
    const text = await next()
    return text === undefined ? undefined : encoder.encode(text)
  }, leave)
}

/** The same of bytes. */
export function bytesStream(
  next: () => Promise<Uint8Array | undefined>,
  leave: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes = await next()
        if (bytes !== undefined) return controller.enqueue(bytes)
        leave()
        controller.close()
      },
      cancel: leave,
    },
    // Counted in chunks: with zero, a page is read when it is asked for and not before.
    { highWaterMark: 0 },
  )
}
