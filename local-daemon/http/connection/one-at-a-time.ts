import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HTTP_LIMITS } from '../limits.ts'
import { linger } from '../../network/linger.ts'

type Handle = (incoming: IncomingMessage, outgoing: ServerResponse) => void
type Exchange = readonly [incoming: IncomingMessage, outgoing: ServerResponse]

/**
 * Starts a request only when the kernel has taken the whole answer to the previous one on the same connection, and in its own turn:
 * Node hands over everything from one read, perhaps thousands (RFC 9112, section 9.3.2). If more than `pipelined` wait, the connection
 * gets the answers to those and is closed.
 */
export function oneAtATime(handle: Handle): Handle {
  /** Waiting requests, of each connection with a request under way. */
  const waiting = new WeakMap<Socket, Exchange[]>()
  const full = new WeakSet<Socket>()

  function begin(socket: Socket, [incoming, outgoing]: Exchange): void {
    outgoing.once('close', () => {
      const queue = waiting.get(socket)
      if (socket.destroyed || queue === undefined || queue.length === 0) waiting.delete(socket)
      else setImmediate(next, socket, queue)
    })
    handle(incoming, outgoing)
  }

  function next(socket: Socket, queue: Exchange[]): void {
    const exchange = socket.destroyed ? undefined : queue.shift()
    if (exchange === undefined) {
      waiting.delete(socket)
      return
    }
    begin(socket, exchange)
  }

  function closeAfter(socket: Socket, last: Exchange | undefined): void {
    full.add(socket)
    if (last !== undefined) last[1].shouldKeepAlive = false
    // Node reads past the stream until there is a listener; here there is none, so what still comes is dropped.
    socket.on('data', () => {})
    socket.removeAllListeners('data')
    // With unread bytes the kernel would reset the connection, and its last answers would be lost.
    socket.destroySoon = () => linger(socket, HTTP_LIMITS)
  }

  return (incoming, outgoing) => {
    const { socket } = incoming
    const queue = waiting.get(socket)
    if (queue === undefined) {
      waiting.set(socket, [])
      begin(socket, [incoming, outgoing])
    } else if (full.has(socket)) return
    else if (queue.length >= HTTP_LIMITS.pipelined) closeAfter(socket, queue.at(-1))
    else queue.push([incoming, outgoing])
  }
}
