import type { Logger } from 'pino'
import type { DaemonApp } from './http/app.ts'
import { connectionFacts } from './http/connection/connection-facts.ts'
import { drain } from './http/connection/drain.ts'
import { listenSocket, listenTcp, type TcpAddress } from './http/connection/listen.ts'
import { createHttpServer } from './http/connection/serve.ts'
import { HTTP_LIMITS } from './http/limits.ts'
import type { ListenHost } from './network/listen-host.ts'
import type { UndoStack } from './process/undo-stack.ts'
import type { Settings } from './settings/settings.ts'

interface ListenerOptions {
  readonly app: DaemonApp
  readonly settings: Settings
  readonly listener: ListenHost
  /** 0 for a free one. */
  readonly port: number
  /** Path of the Unix socket. */
  readonly socket: string
  readonly logger: Logger
  readonly undo: UndoStack
}

/** Where the daemon answers. */
export interface DaemonAddresses {
  readonly tcp: TcpAddress
  readonly socket: string
}

/** Answers on TCP and on the Unix socket. Throws `StartError`. */
export async function startListeners(options: ListenerOptions): Promise<DaemonAddresses> {
  const { app, settings, listener, port, socket, logger, undo } = options
  const tcpServer = createHttpServer(
    app,
    (incoming) => connectionFacts(incoming, settings, listener),
    logger,
    { via: listener.exposure === 'loopback' ? 'loopback' : 'network' },
  )
  const socketServer = createHttpServer(app, () => ({ via: 'socket' }), logger)
  undo.defer(async () => {
    await Promise.all([tcpServer, socketServer].map((server) => drain(server, HTTP_LIMITS.drainMs)))
  })
  const tcp = await listenTcp(tcpServer, listener, port)
  await listenSocket(socketServer, socket)
  return { tcp, socket }
}
