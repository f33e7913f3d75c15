import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const openSockets = new WeakMap<Server, Set<Socket>>()

/** Keeps account of a server's connections, for `drain`. To be called once, before it listens. */
export function noteConnections(server: Server): void {
  const sockets = new Set<Socket>()
  openSockets.set(server, sockets)
  server.on('connection', (socket: Socket) => {
    // One whose request asked for an upgrade that is not there comes a second time.
    if (sockets.has(socket)) return
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
}

/**
 * Takes no more connections and waits for open requests, at most `ms`; then cuts what is left. Streams
 * must be told to end before.
 */
export async function drain(server: Server, ms: number): Promise<void> {
  if (!server.listening) return
  let timer: NodeJS.Timeout | undefined
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  // Connections that were busy become idle one by one; Node closes idle ones only when told to.
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
 * Those that have not sent a byte. For Node they are not idle but about to send their first request, and
 * fetch opens such a connection ahead, in place of one whose answer was cancelled.
 */
function closeUnused(server: Server): void {
  for (const socket of openSockets.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy()
}
