import { chmodSync, lstatSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type ListenOptions } from 'node:net'
import { HTTP_LIMITS } from '../limits.ts'
import type { ListenHost } from '../../network/listen-host.ts'
import { StartError } from '../../problem/start-error.ts'
import { listenFailure } from './listen-failure.ts'
import { shellPath } from '../../problem/shell-word.ts'

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
 * Listens on a Unix socket, mode 0600. A socket without a listener is left from a crash and is removed.
 * Throws `StartError`: `SOCKET_PATH_TOO_LONG`, `SOCKET_IN_USE`.
 */
export async function listenSocket(server: Server, path: string): Promise<void> {
  // The kernel would cut a longer path, and listen somewhere else.
  const bytes = Buffer.byteLength(path) + 1
  if (bytes > HTTP_LIMITS.socketPathBytes) {
    throw new StartError(
      'SOCKET_PATH_TOO_LONG',
      `The socket's path ${path} has ${bytes} bytes; the system takes ${HTTP_LIMITS.socketPathBytes}`,
      'Set SYNCROPEL_HOME to a directory with a shorter path.',
    )
  }
  await removeStaleSocket(path)
  // Nobody else can connect before the mode is set: the directory is 0700.
  await listen(server, { path })
  chmodSync(path, 0o600)
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  const isSocket = found.isSocket() || found.isSymbolicLink()
  if (!isSocket || (await isAnswered(path))) {
    // It is no daemon of this home, which would hold its lock, so `spl serve --stop` does not know it.
    const move = `mv ${shellPath(path)} ${shellPath(`${path}.other`)}`
    throw new StartError(
      'SOCKET_IN_USE',
      isSocket ? `Another program answers on ${path}` : `${path} is not a socket`,
      isSocket
        ? `Stop that program (lsof ${shellPath(path)} shows which), or take its socket away: ${move}; then start again`
        : `move it away: ${move}; then start again`,
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
