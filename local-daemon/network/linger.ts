import type { Socket } from 'node:net'

/** How much a client may still send, and for how long, once it has its last answer. */
export interface LingerLimits {
  /** Bytes read and dropped before the connection is cut. */
  readonly lingerBytes: number
  /** Longest time for this, milliseconds. */
  readonly lingerMs: number
  /** Silence after which the client counts as done, milliseconds. */
  readonly lingerSilenceMs: number
  /** How long a client may take nothing of the answer, milliseconds. */
  readonly stallMs: number
}

const lingering = new WeakSet<Socket>()

/**
 * Ends a connection so that the client can read its answer (RFC 9112, section 9.6): sends the end of our side, reads
 * and drops what the client still sends, and destroys the socket when the client closes, is silent, or sends too
 * much. A socket that is closed with unread bytes would make the kernel reset it, and the answer would be lost with
 * it. May be called twice; nothing else may read the socket afterwards.
 *
 * @param cut ends it before the client has taken its whole answer
 */
export function linger(
  socket: Socket,
  limits: LingerLimits,
  cut: () => void = () => socket.destroy(),
): void {
  if (socket.destroyed || lingering.has(socket)) return
  lingering.add(socket)
  let bytes = 0
  const destroy = (): void => {
    if (socket.writableFinished) socket.destroy()
    else cut()
  }
  const atMost = setTimeout(destroy, limits.lingerMs + limits.stallMs)
  let silence = setTimeout(destroy, limits.stallMs)
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > limits.lingerBytes) destroy()
    else silence.refresh()
  })
  socket.on('error', destroy)
  socket.once('close', () => {
    clearTimeout(atMost)
    clearTimeout(silence)
  })
  socket.once('end', () => {
    if (socket.writableFinished) socket.destroy()
    else socket.once('finish', destroy)
  })
  socket.end(() => {
    clearTimeout(silence)
    if (socket.destroyed) return
    if (socket.readableEnded) {
      socket.destroy()
      return
    }
    silence = setTimeout(destroy, limits.lingerSilenceMs)
  })
  socket.resume()
}
