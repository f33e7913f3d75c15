import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { prepareHome } from '../../local-daemon/home/prepare-home.ts'
import { FaultLink } from './fault-link.ts'
import { GatewayChild } from './gateway-child.ts'
import { HomeChild } from './home-child.ts'
import type { PlantedInApp } from './planted/planted-app.ts'
import type { Random } from '../support/random.ts'
import { mountSmallDisk, type SmallDisk } from '../support/daemon/small-disk.ts'

/** Everything that faults are done to: both processes, and the links to the gateway from either side. */
export interface Arena extends AsyncDisposable {
  readonly home: HomeChild
  readonly gateway: GatewayChild
  /** From the daemon to the gateway. */
  readonly tunnelLink: FaultLink
  /** From the public clients to the gateway. */
  readonly clientLink: FaultLink
  /** The store's file. */
  readonly database: string
  /** The home's own disk, if it has one. */
  readonly disk: SmallDisk | undefined
}

export interface ArenaOptions {
  readonly random: Random
  /** A broken part in place of the real one. */
  readonly app?: PlantedInApp | undefined
  /** Source of a broken Worker. */
  readonly worker?: string | undefined
  /** The home is on a small disk of its own, which takes root. */
  readonly smallDisk?: boolean
}

const CONNECT_MS = 15_000

/** Resolves when the daemon is connected. */
export async function anArena(options: ArenaOptions): Promise<Arena> {
  const { random, app, worker, smallDisk = false } = options
  await using undo = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'spl-faults-'))
  undo.defer(() => rmSync(directory, { recursive: true, force: true }))
  const paths = homeAt(join(directory, 'home'))
  mkdirSync(paths.root, { mode: 0o700 })
  const disk = smallDisk ? undo.use(mountSmallDisk(paths.root)) : undefined
  prepareHome(paths)
  const ownerDid = loadIdentity(paths).did
  const gatewayTask = { ownerDid, directory: join(directory, 'gateway'), worker }
  const gateway = undo.use(new GatewayChild(gatewayTask))
  await gateway.start()
  const tunnelLink = undo.use(await FaultLink.to(gateway.port, random.branch('tunnel link')))
  const clientLink = undo.use(await FaultLink.to(gateway.port, random.branch('client link')))
  const homeTask = { home: paths.root, gatewayUrl: tunnelLink.origin, planted: app }
  const home = undo.use(new HomeChild(homeTask))
  await home.start()
  await home.untilConnected(CONNECT_MS)
  const done = undo.move()
  return {
    home,
    gateway,
    tunnelLink,
    clientLink,
    database: paths.database,
    disk,
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  }
}
