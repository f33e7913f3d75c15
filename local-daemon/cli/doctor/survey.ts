import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Home } from '../../home/home.ts'
import { readRunningPid } from '../../home/pid-file.ts'
import type { BackupListView } from '../../backup/backup-view.ts'
import type { SearchIndexStatus } from '../../store/search/search-index-status.ts'
import type { SettingKey, SettingValues } from '../../settings/setting-definitions.ts'
import type { Token } from '../client/answers.ts'
import { CliError } from '../cli-error.ts'
import { collectPages } from '../client/collect-pages.ts'
import { socketClient, type DaemonClient } from '../client/daemon-client.ts'
import { searchOf } from '../client/search-now.ts'
import { presenceOf, type Health, type Presence } from '../client/presence.ts'
import { readRunningFile, type RunningFacts } from '../client/running-file.ts'
import type { Link } from '../tunnel/link-rows.ts'

/** Most tokens that are read to find an admin's. */
const TOKENS_MAX = 10_000

/** Bytes of the file system that holds the store. */
export interface Disk {
  readonly free: number
  /** Files that can still be made; null where the file system does not count them. */
  readonly inodes?: number | null
  readonly total: number
}

/** `GET /health` over the socket, which tells its owner more. */
export interface OwnerHealth extends Health {
  readonly runtime?: { readonly node: string; readonly sqlite: string }
  readonly security?: { readonly auth_required: boolean; readonly insecure_localhost: boolean }
}

/** What a daemon says of itself. */
export interface DaemonFacts {
  readonly health: OwnerHealth
  readonly settings: Partial<SettingValues>
  /** Of records that state a setting and break its rule. */
  readonly settingWarnings: readonly string[]
  readonly tokens: readonly Token[]
  readonly link: Link
  /** Undefined for a daemon that is too old to know. */
  readonly backups?: BackupListView
  /** Undefined for a daemon that is too old to know. */
  readonly search?: SearchIndexStatus
  /** The version of the policy that the store asks for. */
  readonly policyVersion: number
}

/** Everything that can be learnt on the daemon's machine without changing anything; what is not known is left out. */
export interface Survey {
  readonly home: Home
  readonly presence: Presence['state']
  readonly pid?: number
  readonly running?: RunningFacts
  readonly disk?: Disk
  readonly daemon?: DaemonFacts
  /** Why a daemon that answers did not tell everything. */
  readonly silence?: string
}

/** The database file of the daemon that runs, or else the home's own: one in memory leaves that alone. */
export function storeOf({
  home,
  running,
}: {
  readonly home: Home
  readonly running?: RunningFacts | undefined
}): string {
  return running?.store ?? home.database
}

export async function survey(home: Home): Promise<Survey> {
  const presence = await presenceOf(home)
  const pid = readRunningPid(home.pidFile)
  const running = readRunningFile(home)
  const disk = await diskOf(dirname(storeOf({ home, running })))
  const told = presence.state === 'answers' ? await ask(socketClient(home)) : {}
  return {
    home,
    presence: presence.state,
    ...(pid !== undefined && { pid }),
    ...(running !== undefined && { running }),
    ...(disk !== undefined && { disk }),
    ...told,
  }
}

async function ask(client: DaemonClient): Promise<Pick<Survey, 'daemon' | 'silence'>> {
  try {
    return { daemon: await factsOf(client) }
  } catch (error) {
    if (error instanceof CliError) return { silence: `${error.message} [${error.code}]` }
    throw error
  }
}

interface ConfigAnswer {
  readonly settings: readonly { readonly key: SettingKey; readonly value: unknown }[]
  readonly warnings: readonly string[]
  readonly edge: { readonly version: number }
}

async function factsOf(client: DaemonClient): Promise<DaemonFacts> {
  const [health, config, tokens, link, backups, search] = await Promise.all([
    client.get<OwnerHealth>('/health'),
    client.get<ConfigAnswer>('/v1/config'),
    collectPages<Token>(client, '/v1/tokens', TOKENS_MAX),
    client.get<Link>('/v1/tunnel'),
    backupsOf(client),
    searchOf(client),
  ])
  const values = config.settings.map(({ key, value }) => [key, value] as const)
  return {
    health,
    settings: Object.fromEntries(values) as Partial<SettingValues>,
    settingWarnings: config.warnings,
    tokens: tokens.data,
    link,
    ...(backups !== undefined && { backups }),
    ...(search !== null && { search }),
    policyVersion: config.edge.version,
  }
}

async function backupsOf(client: DaemonClient): Promise<BackupListView | undefined> {
  try {
    return await client.get<BackupListView>('/v1/backups')
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}

async function diskOf(directory: string): Promise<Disk | undefined> {
  try {
    const { bavail, blocks, bsize, files, ffree } = await statfs(directory)
    const inodes = files > 0 ? ffree : null
    return { free: bavail * bsize, total: blocks * bsize, inodes }
  } catch {
    return undefined
  }
}
