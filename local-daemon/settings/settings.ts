import { CONFIG_THREAD } from '../store/daemon-threads.ts'
import { BlockList, isIP } from 'node:net'
import { predecessorsIn } from '../store/predecessors.ts'
import { corsPolicy, type CorsPolicy } from '../../protocol/http/cors.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { Store } from '../store/open-store.ts'
import { replay } from '../store/replay.ts'
import type { SettingRow } from '../store/rows.ts'
import { addAddress, INITIAL_SETTINGS, type SettingValues } from './setting-definitions.ts'
import { settingFold, statedBy } from './setting-records.ts'

export interface SettingsParts {
  readonly store: Store
  /** The instance's did:key: only records that it accepted itself count. */
  readonly owner: string
  /** Identities that it replaced, the newest first. */
  readonly lineage?: readonly string[]
  /** Called for a record that is about a setting and is ignored. */
  readonly warn: (message: string, recordId: string) => void
}

/** Most warnings kept to be shown. */
const WARNINGS_MAX = 20

/** The settings in force, updated with each commit: a change works from the next request. */
export class Settings {
  readonly #parts: SettingsParts
  readonly #warnings: string[] = []
  #values: SettingValues = INITIAL_SETTINGS
  #rows: ReadonlyMap<string, SettingRow> = new Map()
  #cors: CorsPolicy = corsPolicy([])
  #hosts: ReadonlySet<string> = new Set()
  #proxies = new BlockList()

  constructor(parts: SettingsParts) {
    this.#parts = parts
    this.#load()
    parts.store.commits.add((records) => {
      const stated = records.filter((record) => record.thread === CONFIG_THREAD)
      for (const record of stated) {
        const fault = statedBy(record, parts.owner)
        if (fault instanceof ProblemError) this.#warn(fault.message, record.id)
      }
      if (stated.length > 0) this.#load()
    })
  }

  get values(): SettingValues {
    return this.#values
  }

  /** The decisions for the allowed origins. */
  get cors(): CorsPolicy {
    return this.#cors
  }

  /** The newest records ignored since the start, in words. */
  get warnings(): readonly string[] {
    return this.#warnings
  }

  /** The record in force for a key; undefined if the default is. */
  row(key: string): SettingRow | undefined {
    return this.#rows.get(key)
  }

  /** @param host of a Host header, lower case, without a port */
  allowsHost(host: string): boolean {
    return this.#hosts.has(host)
  }

  /** Whether forwarded headers of this peer count. */
  trusts(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#proxies.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  /** Rebuilds the table from its records, in one transaction. */
  async rebuild(): Promise<void> {
    const { store, owner, lineage = [] } = this.#parts
    await store.transact((tx) => {
      tx.tables.clearSettings.run()
      replay(tx, settingFold(owner, predecessorsIn(tx, owner, lineage)))
    })
    this.#load()
  }

  #load(): void {
    const rows = this.#parts.store.settings()
    const stated = Object.fromEntries(
      rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]),
    )
    this.#rows = new Map(rows.map((row) => [row.key, row]))
    this.#values = { ...INITIAL_SETTINGS, ...(stated as Partial<SettingValues>) }
    this.#cors = corsPolicy(this.#values.auth_cors_origins)
    this.#hosts = new Set(this.#values.allowed_hosts)
    this.#proxies = new BlockList()
    for (const address of this.#values.trusted_proxies) addAddress(this.#proxies, address)
    this.#parts.store.sizes.ceiling.bytes = this.#values.store_ceiling_bytes
    this.#parts.store.searchIndex.isEnabled = this.#values.search_enabled
  }

  #warn(message: string, recordId: string): void {
    this.#parts.warn(message, recordId)
    this.#warnings.push(`${message} (record ${recordId}); the one before it stays in force`)
    if (this.#warnings.length > WARNINGS_MAX) this.#warnings.shift()
  }
}
