import { chmodSync, rmSync, statSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type ListenOptions } from 'node:net'
import { DAEMON_LIMITS } from '../config/limits.ts'
import type { ListenHost } from '../config/listen-host.ts'
import { StartError } from '../config/start-error.ts'
import { listenFailure } from './listen-failure.ts'

export interface TcpAddress {
  readonly host: string
  readonly port: number
}

/** Listens on a TCP address; port 0 takes a free one. Throws `StartError`: see `listenFailure`. */
export async function listenTcp(
  server: Server,
  host: ListenHost,
  port: number,
): Promise<TcpAddress> {
  try {
    await listen(server, { host: host.address, port })
  } catch (error) {
    throw listenFailure(error as NodeJS.ErrnoException, host, port)
  }
  return { host: host.address, port: (server.address() as AddressInfo).port }
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
