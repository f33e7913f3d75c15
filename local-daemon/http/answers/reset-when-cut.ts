import type { Socket } from 'node:net'

/**
 * A client of HTTP/1.0 takes the end of the connection for the end of the answer. Where a body fails, its connection is
 * reset, which is no end: a part must not look like the whole.
 */
export function resetWhenCut(answer: Response, socket: Socket): Response {
  const reader = (answer.body as ReadableStream<Uint8Array> | null)?.getReader()
  if (reader === undefined) return answer
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          socket.resetAndDestroy()
          controller.error(error)
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { status: answer.status, headers: answer.headers })
}
