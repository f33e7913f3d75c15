import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HTTP_LIMITS } from '../limits.ts'
import { linger } from '../../network/linger.ts'

/** Milliseconds between two checks of an upload, and of a half-closed connection. */
const LOOK_MS = 500
const HALF_CLOSED_LOOK_MS = 100

const watched = new WeakSet<Socket>()

/**
 * Follows an upload to its end. While no answer to it has begun, `late` is called after `requestMs`; while none has ended, after
 * `bodySilenceMs` of silence. Once it has one,
 * the rest is read and dropped, so that a client which sends everything first can read it (RFC 9112, section 9.6); beyond
 * the limits the connection is cut. One that ends within them can be used further.
 */
export function watchUpload(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  late: () => void,
): void {
  const { socket } = incoming
  const startedAt = performance.now()
  let seen = socket.bytesRead
  let changedAt = startedAt
  let answered: { readonly at: number; readonly bytes: number } | undefined
  const timer = setInterval(look, LOOK_MS)
  // What Node does after the answer on a connection that is not kept: too soon for an upload.
  const { destroySoon } = socket
  socket.destroySoon = () => linger(socket, HTTP_LIMITS)
  const stop = (): void => {
    clearInterval(timer)
    socket.destroySoon = destroySoon
    socket.off('close', stop)
  }
  incoming.once('end', stop)
  incoming.once('close', stop)
  socket.once('close', stop)
  outgoing.once('finish', () => {
    if (incoming.complete) return stop()
    answered = { at: performance.now(), bytes: socket.bytesRead }
    // Its reader has stopped.
    incoming.removeAllListeners('data')
    incoming.on('data', () => {})
    incoming.resume()
  })

  function look(): void {
    if (incoming.complete || socket.destroyed) return stop()
    const now = performance.now()
    if (socket.bytesRead !== seen || (answered === undefined && incoming.isPaused())) {
      seen = socket.bytesRead
      changedAt = now
    }
    const silence = now - changedAt
    if (answered === undefined) {
      const isLong = !outgoing.headersSent && now - startedAt > HTTP_LIMITS.requestMs
      if (silence < HTTP_LIMITS.bodySilenceMs && !isLong) return
      stop()
      late()
    } else if (
      silence > HTTP_LIMITS.lingerSilenceMs ||
      now - answered.at > HTTP_LIMITS.lingerMs ||
      seen - answered.bytes > HTTP_LIMITS.lingerBytes
    ) {
      stop()
      socket.destroy()
    }
  }
}

/**
 * A client that sends no more may still wait for its answer, or have left: the kernel does not say. It gets what
 * comes within `halfClosedMs`, and after that as long as bytes flow.
 */
export function watchHalfClosed(socket: Socket): void {
  if (watched.has(socket)) return
  watched.add(socket)
  socket.once('end', () => {
    if (socket.destroyed) return
    let written = socket.bytesWritten
    let changedAt = performance.now()
    const timer = setInterval(() => {
      const now = performance.now()
      if (socket.bytesWritten !== written || socket.writableLength > 0) {
        written = socket.bytesWritten
        changedAt = now
      }
      const { halfClosedMs, halfClosedSilenceMs } = HTTP_LIMITS
      const patience = isStreaming(socket) ? halfClosedSilenceMs : halfClosedMs
      if (now - changedAt > patience) socket.destroy()
    }, HALF_CLOSED_LOOK_MS)
    socket.once('close', () => clearInterval(timer))
  })
}

/** Whether an answer is on its way already. As Node itself asks. */
export function isStreaming(socket: Socket): boolean {
  const { _httpMessage } = socket as { readonly _httpMessage?: { readonly headersSent: boolean } }
  return _httpMessage?.headersSent === true
}
