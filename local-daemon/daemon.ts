import type { Logger } from 'pino'
import { ensureAdmin } from './access/accounts.ts'
import { type Identity, loadIdentity } from './access/identity.ts'
import { type Home, homeAt } from './config/home.ts'
import { DAEMON_LIMITS } from './config/limits.ts'
import { prepareHome } from './config/prepare-home.ts'
import { takeSingleInstance } from './config/single-instance.ts'
import { StartError } from './config/start-error.ts'
import { UndoStack } from './config/undo-stack.ts'
import { VERSION } from './config/version.ts'
import { createApp, type DaemonApp } from './http/app.ts'
import { drain } from './http/drain.ts'
import { listenSocket, listenTcp, type TcpAddress } from './http/listen.ts'
import { createHttpServer } from './http/serve.ts'
import { openLog } from './logger.ts'
import { openStore, type Store } from './store/open-store.ts'
import { startTunnel, type TunnelOptions } from './tunnel/start-tunnel.ts'
import type { Tunnel } from './tunnel/tunnel.ts'

export interface DaemonOptions {
  /** The home directory; made if it is missing. */
  readonly home: string
  /** 127.0.0.1 (the default), ::1 or localhost. */
  readonly host?: string
  /** 9100 by default, 0 for a free one. */
  readonly port?: number
  /** Takes the place of the home's log file. */
  readonly logger?: Logger
  readonly tunnel?: TunnelOptions
}

/** A running daemon. */
export interface Daemon {
  readonly app: DaemonApp
  readonly home: Home
  readonly identity: Identity
  readonly store: Store
  readonly logger: Logger
  readonly addresses: { readonly tcp: TcpAddress; readonly socket: string }
  /** The admin's bearer, on the first start only: it is never shown again. */
  readonly adminBearer?: string
  /** The connection to the gateway, where one was asked for. */
  readonly tunnel?: Tunnel
  /** Ends streams, lets requests finish, folds the log into the store. Idempotent. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 9100

/**
 * Starts a daemon and resolves once it answers on loopback and on its socket. Throws `StartError` or
 * `StoreOpenError`, each with a code and the next step, and leaves nothing running then.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const undo = new UndoStack()
  try {
    return await compose(options, undo)
  } catch (error) {
    await undo.unwind()
    throw error
  }
}

async function compose(options: DaemonOptions, undo: UndoStack): Promise<Daemon> {
  const home = homeAt(options.home)
  const host = requireLoopback(options.host ?? DEFAULT_HOST)

  prepareHome(home)
  const instance = takeSingleInstance(home)
  undo.defer(() => instance.release())
  const logger = options.logger ?? openLog(home.logFile, (close) => undo.defer(close))

  const identity = loadIdentity(home)
  const store = openStore({ path: home.database, origin: identity })
  undo.defer(() => store.close())

  const stopping = new AbortController()
  const app = createApp({ store, identity, logger, stopping: stopping.signal })
  const tcpServer = createHttpServer(app, { via: 'loopback' }, logger)
  const socketServer = createHttpServer(app, { via: 'socket' }, logger)
  undo.defer(async () => {
    await Promise.all(
      [tcpServer, socketServer].map((server) => drain(server, DAEMON_LIMITS.drainMs)),
    )
  })
  const tcp = await listenTcp(tcpServer, host, options.port ?? DEFAULT_PORT)
  await listenSocket(socketServer, home.socket)
  // Only now: a start that fails after it would take the one bearer with it, unseen.
  const adminBearer = await ensureAdmin(store, identity)

  const addresses = { tcp, socket: home.socket }
  logger.info({ version: VERSION, did: identity.did, ...addresses }, 'daemon started')
  // Only now, and waited for by nothing: loopback works whether or not the gateway can be reached.
  const tunnel = options.tunnel && startTunnel(options.tunnel, { app, identity, logger })
  if (tunnel !== undefined) undo.defer(() => tunnel[Symbol.asyncDispose]())
  // Runs first on stop: an event stream that nobody ends would keep every drain waiting.
  undo.defer(() => stopping.abort())
  undo.defer(() => logger.info('daemon stopping'))

  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= undo.unwind())
  return {
    app,
    home,
    identity,
    store,
    logger,
    addresses,
    ...(adminBearer === undefined ? {} : { adminBearer }),
    ...(tunnel === undefined ? {} : { tunnel }),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The daemon speaks plain HTTP: it must not listen where others could hear or call it. */
function requireLoopback(host: string): string {
  if (host === 'localhost') return DEFAULT_HOST
  if (host === DEFAULT_HOST || host === '::1') return host
  throw new StartError(
    'HOST_NOT_LOOPBACK',
    `The daemon listens on 127.0.0.1 or ::1 only, not on ${host}`,
    'Leave --host out; to be reached from elsewhere use a gateway: spl serve --gateway https://host',
  )
}
