import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Limits the connections. At the limit, the one that has been idle longest makes room: it has made
 * no request yet, or has all its answers. If each waits for an answer, the new one is closed. Call it once, before
 * the server listens.
 */
export function makeRoom(server: Server, most: number): void {
  /** Requests under way of each; an upgraded one is never idle. */
  const open = new Map<Socket, number>()
  /** Idle connections, the longest idle first. */
  const idle = new Set<Socket>()

  server.on('connection', (socket: Socket) => {
    // A connection whose request asked for an unsupported upgrade comes a second time.
    if (open.has(socket)) {
      open.set(socket, 0)
      return
    }
    if (open.size >= most) {
      const [longest] = idle
      if (longest === undefined) {
        socket.destroy()
        return
      }
      leave(longest)
      longest.destroy()
    }
    open.set(socket, 0)
    idle.add(socket)
    socket.once('close', () => leave(socket))
  })
  server.prependListener('request', ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
    if (!open.has(socket)) return
    change(socket, 1)
    outgoing.once('close', () => change(socket, -1))
  })
  server.prependListener('upgrade', ({ socket }: IncomingMessage) => change(socket, 1))

  function change(socket: Socket, by: number): void {
    const before = open.get(socket)
    if (before === undefined) return
    open.set(socket, before + by)
    idle.delete(socket)
    if (before + by <= 0) idle.add(socket)
  }

  function leave(socket: Socket): void {
    open.delete(socket)
    idle.delete(socket)
  }
}
