import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Logger } from 'pino'
import type { AppAccess } from './http/app-access.ts'
import { makeAccess } from './make-access.ts'
import { accountFold } from './access/account-records.ts'
import { guardExposedStart } from './access/exposed-requirement.ts'
import { type Identity, loadIdentity } from './access/identity/identity.ts'
import { readSuccessions } from './access/identity/succession.ts'
import { refuseLostAccounts } from './access/lost-accounts.ts'
import { takeOver } from './access/identity/take-over.ts'
import { type Home, homeAt } from './home/home.ts'
import { explainStart } from './explain-start.ts'
import { lineagePath } from './home/lineage-path.ts'
import { HTTP_LIMITS } from './http/limits.ts'
import { type Exposure, parseListenHost } from './network/listen-host.ts'
import { prepareHome } from './home/prepare-home.ts'
import { takeSingleInstance } from './home/single-instance.ts'
import { realPath } from './home/real-path.ts'
import { takeStoreLock } from './home/store-lock.ts'
import { UndoStack } from './process/undo-stack.ts'
import { VERSION } from './process/version.ts'
import { FaultBook } from './process/fault-book.ts'
import { connectionFacts } from './http/connection/connection-facts.ts'
import { createApp, type DaemonApp } from './http/app.ts'
import { drain } from './http/connection/drain.ts'
import { listenSocket, listenTcp, type TcpAddress } from './http/connection/listen.ts'
import { createHttpServer } from './http/connection/serve.ts'
import { openLog } from './process/logger.ts'
import { settingFold } from './settings/setting-records.ts'
import { openStoreSoon } from './store/open-store-soon.ts'
import type { Store } from './store/open-store.ts'
import { lineageWarning, logTrouble } from './store-words.ts'
import { LinkMeter } from './tunnel/link-meter.ts'
import { linkReport } from './tunnel/link-report.ts'
import { startTunnel, type TunnelOptions, type TunnelParts } from './tunnel/start-tunnel.ts'
import type { Tunnel } from './tunnel/tunnel.ts'
import { requireUsableFile } from './home/usable-file.ts'

export interface DaemonOptions {
  /** The home directory, created if it is missing. */
  readonly home: string
  /** A loopback (127.0.0.1 by default), tailnet or private address: see `parseListenHost`. */
  readonly host?: string
  /** 9100 by default, 0 for a free one. */
  readonly port?: number
  /** The database file, instead of the home's own; its directory must exist. */
  readonly store?: string
  /** Keeps the store in memory: records, accounts and settings end with the process; the identity stays. */
  readonly memory?: boolean
  /** Starts with an empty store although the identity has had one: every earlier bearer ends. */
  readonly newStore?: boolean
  /**
   * Whether the first start makes the admin's account and shows its bearer. False where nobody sees it, as under a service
   * manager, whose journal would keep it. The socket then makes the first account.
   */
  readonly mintAdmin?: boolean
  /** Replaces the home's log file. */
  readonly logger?: Logger
  readonly tunnel?: TunnelOptions
  /**
   * Forces loopback whatever `host` says, and needs no bearer there. Every program and user of the machine
   * may then read and write; the tunnel and reverse proxies still need bearers.
   */
  readonly insecureLocalhost?: boolean
  /** `SPL_BOOTSTRAP_TOKEN`: a caller who presents it makes the first account, instead of the first start. */
  readonly bootstrapToken?: string
}

/** A running daemon. */
export interface Daemon {
  readonly app: DaemonApp
  readonly home: Home
  /** The database file; null for one in memory. */
  readonly storePath: string | null
  readonly identity: Identity
  readonly store: Store
  readonly access: AppAccess
  readonly logger: Logger
  readonly faults: FaultBook
  readonly addresses: { readonly tcp: TcpAddress; readonly socket: string }
  /** Who can reach the TCP address. */
  readonly exposure: Exposure
  /** The admin's bearer, on the first start only: it is never shown again. */
  readonly adminBearer?: string
  /** The connection to the gateway, if there is one. */
  readonly tunnel?: Tunnel
  /** Ends streams, lets requests finish, checkpoints the log. Idempotent. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 9100

/**
 * Starts a daemon and resolves once it answers on its address and on its socket. Throws `StartError` or
 * `StoreOpenError`, each with a code and the next step, and then leaves nothing running.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const undo = new UndoStack()
  try {
    return await compose(options, undo)
  } catch (error) {
    await undo.unwind()
    throw explainStart(error, homeAt(options.home))
  }
}

async function compose(options: DaemonOptions, undo: UndoStack): Promise<Daemon> {
  const home = homeAt(options.home)
  const insecure = options.insecureLocalhost === true
  const listener = parseListenHost(insecure ? DEFAULT_HOST : (options.host ?? DEFAULT_HOST))

  prepareHome(home)
  const instance = takeSingleInstance(home)
  undo.defer(() => instance.release())
  const logger = options.logger ?? openLog(home.logFile, (close) => undo.defer(close))
  const faults = new FaultBook(logger)

  const storePath = options.memory === true ? null : (options.store ?? home.database)
  if (storePath !== null) {
    const lock = takeStoreLock(storePath)
    undo.defer(() => lock.release())
  }
  const isExpected = existsSync(home.instanceKey)
  const identity = loadIdentity(home, storePath)
  const folds = [accountFold(identity.did), settingFold(identity.did)]
  const onFault = (error: unknown) => faults.note('listener', error)
  const successions = readSuccessions(home, identity.did)
  const lineage = successions.map(({ from }) => from)
  if (storePath !== null) {
    const database = realPath(storePath)
    for (const file of [`${database}-wal`, `${database}-shm`, lineagePath(home, storePath)])
      requireUsableFile(file)
  }
  const store = await openStoreSoon({
    path: storePath,
    origin: identity,
    folds,
    onFault,
    ...(storePath !== null && {
      lineage: {
        path: lineagePath(home, storePath),
        isExpected,
        isNew: options.newStore === true,
        earlier: lineage,
      },
    }),
    onTrouble: (trouble) => logTrouble(logger, trouble),
  })
  undo.defer(async () => {
    await store.whenSaved()
    store.close()
  })
  if (store.lineageBroken !== undefined) logger.warn(lineageWarning(store.lineageBroken))
  // Before this identity writes anything else: records of the previous one count up to here.
  await takeOver(store, identity, successions)
  refuseLostAccounts(store)

  const stopping = new AbortController()
  const { bootstrapToken } = options
  const access = makeAccess({ store, identity, logger, insecure, bootstrapToken, lineage })
  undo.defer(() => access.uses.write())
  const meter = new LinkMeter()
  let tunnel: Tunnel | undefined
  const link = () => tunnel && linkReport(tunnel.status, meter.counts, access.edge.report())
  guardExposedStart(listener, access.settings.values)
  const parts = { ...access, logger, faults, listener }
  const process = randomUUID()
  const publicHost = URL.parse(options.tunnel?.gatewayUrl ?? '')?.host
  const app = createApp({ ...parts, stopping: stopping.signal, process, publicHost, link })
  const tcpServer = createHttpServer(
    app,
    (incoming) => connectionFacts(incoming, access.settings, listener),
    logger,
    { via: listener.exposure === 'loopback' ? 'loopback' : 'network' },
  )
  const socketServer = createHttpServer(app, () => ({ via: 'socket' }), logger)
  undo.defer(async () => {
    await Promise.all([tcpServer, socketServer].map((server) => drain(server, HTTP_LIMITS.drainMs)))
  })
  const tcp = await listenTcp(tcpServer, listener, options.port ?? DEFAULT_PORT)
  await listenSocket(socketServer, home.socket)
  // Only now: a start that fails later would lose the one bearer unseen.
  const adminBearer =
    options.mintAdmin === false ? undefined : await firstBearer(access, bootstrapToken)

  const addresses = { tcp, socket: home.socket }
  const { exposure } = listener
  logger.info({ version: VERSION, did: identity.did, exposure, ...addresses }, 'daemon started')
  if (insecure) logger.warn('--insecure-localhost: loopback asks for no bearer')
  // Only now, and nothing waits for it: loopback works without a reachable gateway.
  tunnel =
    options.tunnel &&
    connectTunnel(options.tunnel, access, { app, identity, logger, meter, faults })
  undo.defer(async () => tunnel?.stop())
  // Runs first on stop: an open event stream would keep every drain waiting.
  undo.defer(() => stopping.abort())
  undo.defer(() => logger.info('daemon stopping'))

  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= undo.unwind())
  return {
    app,
    home,
    storePath,
    identity,
    store,
    access,
    logger,
    faults,
    addresses,
    exposure: listener.exposure,
    ...(adminBearer === undefined ? {} : { adminBearer }),
    ...(tunnel === undefined ? {} : { tunnel }),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** On the first start of a home without a bootstrap token: the admin's bearer, which is never shown again. */
async function firstBearer(
  { store, accounts }: AppAccess,
  bootstrapToken: string | undefined,
): Promise<string | undefined> {
  // A store with any record is no first start, whatever its tables say: nobody has asked for a new bearer.
  if (bootstrapToken !== undefined || store.head() > 0) return undefined
  return (await accounts.createWithToken({ name: 'admin', scopes: ['admin'] }, null)).token
}

/** Starts the tunnel, and gives the gateway this store's policy from its first connection. */
function connectTunnel(
  options: TunnelOptions,
  { edge }: AppAccess,
  parts: Pick<TunnelParts, 'app' | 'identity' | 'logger' | 'meter' | 'faults'>,
): Tunnel {
  const tunnel = startTunnel(options, {
    ...parts,
    policy: () => edge.payload(),
    onPolicyAcked: () => edge.acknowledged(),
  })
  edge.connectTo({
    pushPolicy: () => tunnel.pushPolicy(),
    get acknowledged() {
      return tunnel.status.policy_version
    },
    get connected() {
      return tunnel.status.state === 'connected'
    },
  })
  return tunnel
}
