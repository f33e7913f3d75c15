import { chmodSync, rmSync, statSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type ListenOptions } from 'node:net'
import { DAEMON_LIMITS } from '../config/limits.ts'
import { StartError } from '../config/start-error.ts'

export interface TcpAddress {
  readonly host: string
  readonly port: number
}

/** Listens on a loopback address; port 0 takes a free one. Throws `StartError` `PORT_IN_USE`. */
export async function listenTcp(server: Server, host: string, port: number): Promise<TcpAddress> {
  try {
    await listen(server, { host, port })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      throw new StartError(
        'PORT_IN_USE',
        `Port ${port} on ${host} is taken by another program`,
        `Choose another one: spl serve --port ${port === 65535 ? port - 1 : port + 1}`,
        { cause: error },
      )
    }
    throw new StartError(
      'PORT_NOT_AVAILABLE',
      `Listen on ${host}:${port}: ${message}`,
      'Choose another port: spl serve --port 9100',
      { cause: error },
    )
  }
  return { host, port: (server.address() as AddressInfo).port }
}

/**
 * Listens on a Unix socket, mode 0600. One that nobody answers on is left from a crash and is removed.
 * Throws `StartError`: `SOCKET_PATH_TOO_LONG`, `SOCKET_IN_USE`.
 */
export async function listenSocket(server: Server, path: string): Promise<void> {
  // The kernel would cut a longer path, and listen somewhere else.
  const bytes = Buffer.byteLength(path) + 1
  if (bytes > DAEMON_LIMITS.socketPathBytes) {
    throw new StartError(
      'SOCKET_PATH_TOO_LONG',
      `The socket's path ${path} has ${bytes} bytes; the system takes ${DAEMON_LIMITS.socketPathBytes}`,
      'Set SYNCROPEL_HOME to a directory with a shorter path.',
    )
  }
  await removeStaleSocket(path)
  // Nobody else can come in before the mode is set: the directory is 0700.
  await listen(server, { path })
  chmodSync(path, 0o600)
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket() || (await isAnswered(path))) {
    throw new StartError(
      'SOCKET_IN_USE',
      found.isSocket() ? `Another program answers on ${path}` : `${path} is not a socket`,
      'Stop that program or move the file away: spl serve --stop',
    )
  }
  rmSync(path, { force: true })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
