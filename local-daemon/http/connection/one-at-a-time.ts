import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HTTP_LIMITS } from '../limits.ts'
import { linger } from '../../network/linger.ts'

type Handle = (incoming: IncomingMessage, outgoing: ServerResponse) => void
type Exchange = readonly [incoming: IncomingMessage, outgoing: ServerResponse]

/**
 * Begins a request only when the kernel has taken the whole answer to the one before it on the same connection, and in a turn of its own:
 * Node hands over all that one read brings, which may be thousands (RFC 9112, section 9.3.2). Beyond `pipelined` that wait, the connection
 * gets the answers to those, and is closed.
 */
export function oneAtATime(handle: Handle): Handle {
  /** Those that wait, of each connection with a request under way. */
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
    // Node reads past the stream until somebody listens; then nobody does, and what still comes is dropped unread.
    socket.on('data', () => {})
    socket.removeAllListeners('data')
    // With what is unread the kernel would reset the connection, and its last answers would be lost.
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
