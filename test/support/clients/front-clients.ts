import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

export interface RawClient {
  readonly socket: Socket
  /** What has come, as Latin-1. */
  readonly text: () => string
  readonly isClosed: () => boolean
  /** Resolves with what has come when the connection is over. */
  readonly over: Promise<string>
}

/** A TCP connection that sends these bytes at once and then whatever a test writes; it stays open as long as the server lets it. */
export function rawClient(port: number, bytes = '', localAddress = '127.0.0.1'): RawClient {
  let text = ''
  const socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true })
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => (text += part))
  // The server's end of it is enough: a client that keeps its own side open is part of the test.
  const over = new Promise<string>((resolve) => {
    socket.once('end', () => resolve(text))
    socket.once('close', () => resolve(text))
    socket.on('error', () => {})
  })
  let closed = false
  void over.then(() => (closed = true))
  if (bytes !== '') socket.write(Buffer.from(bytes, 'latin1'))
  return { socket, text: () => text, isClosed: () => closed, over }
}

/** Many that send the same; resolves when the kernel has connected all of them, or refused. */
export async function manyClients(
  count: number,
  port: number,
  bytes = '',
  localAddress = '127.0.0.1',
): Promise<readonly RawClient[]> {
  const clients = Array.from({ length: count }, () => rawClient(port, bytes, localAddress))
  await Promise.all(
    clients.map(({ socket }) =>
      Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {}),
    ),
  )
  return clients
}

export function destroyAll(clients: readonly RawClient[]): void {
  for (const { socket } of clients) socket.destroy()
}

/** Descriptors that a process has open (Linux). */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
