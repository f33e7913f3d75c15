import type { Reach } from '../../../protocol/identity/reach.ts'
import { backupsOf, type BackupsNow } from './backups-now.ts'
import type { SearchIndexStatus } from '../../store/search/search-index-status.ts'
import type { SizeNow } from '../../store/size/store-sizes.ts'
import type { Exposure } from '../../network/listen-host.ts'
import { readRunningPid } from '../../home/pid-file.ts'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { daemonClient, socketClient, type DaemonClient } from '../client/daemon-client.ts'
import { searchOf } from '../client/search-now.ts'
import { readLogin } from '../client/login-file.ts'
import { presenceOf, type Health, type StoreProblem } from '../client/presence.ts'
import { probePublic } from '../client/probe-public.ts'
import { readRunningFile } from '../client/running-file.ts'
import type { GlobalOptions } from '../global-options.ts'
import type { Link } from '../tunnel/link-rows.ts'

/** The `--json` of `spl status` and `spl serve --status`. */
export interface Status {
  readonly object: 'status'
  readonly status: 'running' | 'not_running' | 'not_answering'
  readonly version: string | null
  readonly instance_did: string | null
  readonly pid: number | null
  readonly address: string | null
  readonly socket: string | null
  readonly gateway: string | null
  /** Whether the gateway's hostname leads here, tried end to end; null without a gateway. */
  readonly reachable: boolean | null
  /** Why not. */
  readonly unreachable_reason: string | null
  /** Who can reach the address; null where that is not known. */
  readonly exposure: Exposure | null
  /** The database file; null for one in memory, or where that is not known. */
  readonly store: string | null
  readonly in_memory: boolean | null
  /** How large it is; null where that is not known. */
  readonly store_size: SizeNow | null
  /** What is wrong with the store; null where nothing is, or that is not known. */
  readonly store_problem: StoreProblem | null
  /** Why it is another store than the one before the last start, and readers start anew; null where it is the same. */
  readonly lineage_broken: string | null
  /** Whether loopback asks for bearers now; null where it is not told. */
  readonly auth_required: boolean | null
  readonly insecure_localhost: boolean | null
  /** The service manager that started it. */
  readonly supervisor: string | null
  readonly home: string | null
  readonly started_at: string | null
  /** `GET /v1/tunnel`; null where it may not be asked. */
  readonly link: Link | null
  /** The newest backup and the schedule; null where they may not be asked for. */
  readonly backups: BackupsNow | null
  /** How the index of words is; null where it may not be asked for. */
  readonly search: SearchIndexStatus | null
  /** `GET /v1/identity`, whose bearer this is and what it may; null on the socket, and where it is refused. */
  readonly account: Caller | null
  /** Where `spl login` leads, if the home's own daemon is shown in its place. */
  readonly shadowed_login: string | null
}

interface Caller {
  readonly service_account_id: string | null
  readonly scopes: readonly string[]
  /** Null: everywhere. A daemon of before says nothing of one. */
  readonly reach: Reach | null
}

/** The daemon of a home, as far as it can be seen. */
export async function homeStatus(home: Home): Promise<Status> {
  const presence = await presenceOf(home)
  const facts = readRunningFile(home)
  const health = presence.state === 'answers' ? presence.health : undefined
  const seen =
    health && facts?.gateway
      ? await probePublic(facts, facts.gateway, health.process?.name)
      : undefined
  const link = health === undefined ? null : await linkOf(socketClient(home))
  return {
    object: 'status',
    status: ({ answers: 'running', silent: 'not_answering', absent: 'not_running' } as const)[
      presence.state
    ],
    ...about(health),
    pid: readRunningPid(home.pidFile) ?? null,
    address: facts?.address ?? null,
    socket: home.socket,
    gateway: facts?.gateway ?? null,
    reachable: seen?.reachable ?? null,
    unreachable_reason: seen?.reason ?? null,
    exposure: facts?.exposure ?? null,
    store: facts?.store ?? null,
    in_memory: facts === undefined ? null : facts.store === null,
    store_size: health?.store?.size ?? null,
    store_problem: health?.store?.problem ?? null,
    lineage_broken: health?.store?.lineage_broken ?? null,
    auth_required: health?.security?.auth_required ?? null,
    insecure_localhost: health?.security?.insecure_localhost ?? null,
    supervisor: facts?.supervisor ?? null,
    home: home.root,
    started_at: facts?.started_at ?? null,
    link,
    backups: health === undefined ? null : await backupsOf(socketClient(home)),
    search: health === undefined ? null : await searchOf(socketClient(home)),
    account: null,
    shadowed_login: loginOf(home),
  }
}

/**
 * The daemon at a URL.
 *
 * @throws CliError when it does not answer
 */
export async function remoteStatus(options: GlobalOptions, url: URL): Promise<Status> {
  const client = await daemonClient(options)
  const health = await client.get<Health>('/health')
  return {
    object: 'status',
    status: 'running',
    ...about(health),
    pid: null,
    address: url.origin,
    socket: null,
    gateway: null,
    reachable: null,
    unreachable_reason: null,
    exposure: null,
    store: null,
    in_memory: null,
    store_size: null,
    store_problem: null,
    lineage_broken: null,
    auth_required: null,
    insecure_localhost: null,
    supervisor: null,
    home: null,
    started_at: null,
    link: await linkOf(client),
    backups: await backupsOf(client),
    search: await searchOf(client),
    account: await callerOf(client),
    shadowed_login: null,
  }
}

/** The link as the daemon sees it; null if the bearer may not ask, or the daemon is too old to know. */
async function linkOf(client: DaemonClient): Promise<Link | null> {
  try {
    return await client.get<Link>('/v1/tunnel')
  } catch (error) {
    if (error instanceof CliError) return null
    throw error
  }
}

/** Null if the daemon refuses the bearer: `spl status` tells that it runs all the same. */
async function callerOf(client: DaemonClient): Promise<Caller | null> {
  try {
    const { service_account_id, scopes, reach = null } = await client.get<Caller>('/v1/identity')
    return { service_account_id, scopes, reach }
  } catch (error) {
    if (error instanceof CliError) return null
    throw error
  }
}

function about(health: Health | undefined): Pick<Status, 'version' | 'instance_did'> {
  return { version: health?.version ?? null, instance_did: health?.instance_did ?? null }
}

/** A file that cannot be read leads nowhere; what is wrong with it is told where it is used. */
function loginOf(home: Home): string | null {
  try {
    return readLogin(home)?.url ?? null
  } catch {
    return null
  }
}
