import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const openSockets = new WeakMap<Server, Set<Socket>>()

/** Tracks a server's connections, for `drain`. Call it once, before it listens. */
export function noteConnections(server: Server): void {
  const sockets = new Set<Socket>()
  openSockets.set(server, sockets)
  server.on('connection', (socket: Socket) => {
    // A connection whose request asked for an unsupported upgrade comes a second time.
    if (sockets.has(socket)) return
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
}

/**
 * Takes no more connections and waits for open requests, at most `ms`; then cuts what is left. Streams
 * must have been ended before.
 */
export async function drain(server: Server, ms: number): Promise<void> {
  if (!server.listening) return
  let timer: NodeJS.Timeout | undefined
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  // Busy connections become idle one by one; Node closes idle ones only on request.
  const sweep = setInterval(() => {
    server.closeIdleConnections()
    closeUnused(server)
  }, 50)
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([closed, late])
  clearInterval(sweep)
  clearTimeout(timer)
  server.closeAllConnections()
  await closed
}

/**
 * Connections that have not sent a byte. For Node they are not idle but about to send their first request, and
 * fetch opens such a connection ahead, in place of one whose answer was cancelled.
 */
function closeUnused(server: Server): void {
  for (const socket of openSockets.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy()
}
