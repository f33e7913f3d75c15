import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { detach } from '../protocol/detach.ts'
import { guardExposedStart } from './access/exposed-requirement.ts'
import { firstBearer } from './access/first-bearer.ts'
import type { Identity } from './access/identity/identity.ts'
import { Backups, idStartIn } from './backup/backups.ts'
import { backupsAtHome } from './backup/backups-at-home.ts'
import { Offsite } from './backup/offsite/offsite.ts'
import { connectTunnel } from './connect-tunnel.ts'
import { explainStart } from './explain-start.ts'
import { type Home, homeAt } from './home/home.ts'
import { prepareHome } from './home/prepare-home.ts'
import { takeSingleInstance } from './home/single-instance.ts'
import type { AppAccess } from './http/app-access.ts'
import { createApp, type DaemonApp } from './http/app.ts'
import { makeAccess } from './make-access.ts'
import { type Exposure, parseListenHost } from './network/listen-host.ts'
import { openHomeStore } from './open-home-store.ts'
import { FaultBook } from './process/fault-book.ts'
import { openLog } from './process/logger.ts'
import { UndoStack } from './process/undo-stack.ts'
import { VERSION } from './process/version.ts'
import { type DaemonAddresses, startListeners } from './start-listeners.ts'
import type { Store } from './store/open-store.ts'
import { LinkMeter } from './tunnel/link-meter.ts'
import { linkReport } from './tunnel/link-report.ts'
import type { TunnelTarget } from './tunnel/start-tunnel.ts'
import type { Tunnel } from './tunnel/tunnel.ts'

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
  readonly tunnel?: TunnelTarget
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
  readonly backups: Backups
  readonly offsite: Offsite
  readonly logger: Logger
  readonly faults: FaultBook
  readonly addresses: DaemonAddresses
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
  const { identity, store, lineage, endedBook } = await openHomeStore({
    home,
    path: storePath,
    isNew: options.newStore === true,
    logger,
    faults,
    undo,
  })
  const { bootstrapToken } = options
  const access = makeAccess({ store, identity, logger, insecure, bootstrapToken, lineage })
  undo.defer(() => access.uses.write())
  guardExposedStart(listener, access.settings.values)
  const source = storePath === null ? undefined : backupsAtHome(home, storePath, identity)
  const offsite = new Offsite({
    source,
    lineage,
    settings: () => access.settings.values,
    idStartAt: (seq) => idStartIn(store, seq),
    credentialsFile: home.s3Credentials,
    uploadNote: home.uploadNote,
    logger,
  })
  undo.defer(() => offsite.stop())
  const backups = new Backups({
    source,
    onMade: (reason) => (reason === 'asked' ? offsite.sendNow() : offsite.tick()),
    store,
    lineage,
    settings: () => access.settings.values,
    logger,
  })
  undo.defer(() => backups.stop())

  const stopping = new AbortController()
  const meter = new LinkMeter()
  let tunnel: Tunnel | undefined
  const app = createApp({
    ...access,
    logger,
    faults,
    backups,
    offsite,
    endedBook,
    listener,
    stopping: stopping.signal,
    process: randomUUID(),
    publicHost: URL.parse(options.tunnel?.gatewayUrl ?? '')?.host,
    link: () => tunnel && linkReport(tunnel.status, meter.counts, access.edge.report()),
  })
  const addresses = await startListeners({
    app,
    settings: access.settings,
    listener,
    port: options.port ?? DEFAULT_PORT,
    socket: home.socket,
    logger,
    undo,
  })
  // Only now: a start that fails later would lose the one bearer unseen.
  const adminBearer =
    options.mintAdmin === false ? undefined : await firstBearer(access, bootstrapToken)

  const { exposure } = listener
  logger.info({ version: VERSION, did: identity.did, exposure, ...addresses }, 'daemon started')
  if (insecure) logger.warn('--insecure-localhost: loopback asks for no bearer')
  detach(backups.start(), (error) => faults.note('task', error))
  offsite.start()
  // Only now, and nothing waits for it: loopback works without a reachable gateway.
  tunnel =
    options.tunnel &&
    connectTunnel(options.tunnel, access.edge, { app, identity, logger, meter, faults })
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
    backups,
    offsite,
    logger,
    faults,
    addresses,
    exposure,
    ...(adminBearer === undefined ? {} : { adminBearer }),
    ...(tunnel === undefined ? {} : { tunnel }),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
