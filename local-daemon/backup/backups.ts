import type { Logger } from 'pino'
import { detach } from '../../protocol/detach.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { SettingValues } from '../settings/setting-definitions.ts'
import type { Store } from '../store/open-store.ts'
import type { BackupPlace } from './place/backup-place.ts'
import { backupRefused, backupRunning } from './backup-error.ts'
import { isBackupName } from './backup-name.ts'
import { ID_DIGITS } from './copy/store-mark.ts'
import { BACKUP_LIMITS } from './limits.ts'
import { type BackupSource, makeBackup } from './make-backup.ts'
import { type BackupReason, type Manifest, manifestName } from './manifest.ts'
import { nextRun } from './next-run.ts'
import { type FoundBackup, newestGood, readBackups } from './read-backups.ts'
import { superseded } from './rotation.ts'

/** What the backups of a daemon are made of. */
export interface BackupsParts {
  /** Undefined for a store in memory, which has no backups. */
  readonly source: BackupSource | undefined
  readonly store: Pick<Store, 'page'>
  /** Identities that this one replaced, the newest first. */
  readonly lineage: readonly string[]
  readonly settings: () => Pick<SettingValues, 'backup_every' | 'backup_keep'>
  readonly logger: Logger
  /** Told after each backup that was made. */
  readonly onMade?: (reason: BackupReason) => void
  /** Unix time, milliseconds. */
  readonly now?: () => number
  /** Instead of the real ones, as a test has them. */
  readonly make?: typeof makeBackup
}

/** The last backup that failed, until one succeeds. */
export interface BackupFailure {
  readonly code: string
  readonly message: string
  readonly try: string | null
  /** How often in a row, and when the last time, Unix time in milliseconds. */
  readonly count: number
  readonly at: number
}

/** What a daemon tells of its backups; times are Unix times in milliseconds. */
export interface BackupReport {
  readonly running: boolean
  readonly every: number
  readonly keep: number
  readonly newest: Manifest | undefined
  readonly nextAt: number | undefined
  readonly failure: BackupFailure | undefined
}

/** Makes the backups of a running daemon: on demand, and by the schedule. Never two at once. */
export class Backups {
  readonly #parts: BackupsParts
  readonly #now: () => number
  readonly #stopping = new AbortController()
  #running: Promise<Manifest> | undefined
  #newest: Manifest | undefined
  #lastScheduledAt: number | undefined
  #failure: BackupFailure | undefined
  #timer: NodeJS.Timeout | undefined
  #made = 0
  #failed = 0

  constructor(parts: BackupsParts) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
  }

  /** Follows the schedule, once it knows which backups there are; resolves then. Never rejects. */
  async start(): Promise<void> {
    if (this.#parts.source === undefined) return
    this.#timer = setInterval(() => this.tick(), BACKUP_LIMITS.lookMs).unref()
    try {
      await this.#look()
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'backups not read')
    }
  }

  /** Makes a backup if one is due. */
  tick(): void {
    const due = this.#nextAt()
    if (due === undefined || due > this.#now() || this.#running !== undefined) return
    detach(this.make('scheduled'), () => {
      // Logged, counted and told of by `make`.
    })
  }

  /** @throws ProblemError BACKUP_RUNNING, and as `makeBackup` */
  async make(reason: BackupReason): Promise<Manifest> {
    const { source } = this.#parts
    if (source === undefined) throw backupRefused('the store is kept in memory')
    if (this.#running !== undefined) throw backupRunning()
    if (this.#stopping.signal.aborted) throw backupRefused('the daemon stops')
    this.#running = this.#makeOne(source, reason)
    try {
      return await this.#running
    } finally {
      this.#running = undefined
    }
  }

  /** Those in the place, the newest first. */
  async list(): Promise<readonly FoundBackup[]> {
    const { source, lineage } = this.#parts
    if (source === undefined) return []
    return await readBackups(source.place, [source.signer.did, ...lineage])
  }

  /** The names of all in the place, of damaged ones too; undefined if it cannot be listed. */
  async names(): Promise<readonly string[] | undefined> {
    try {
      const files = (await this.#parts.source?.place.list()) ?? []
      return files.map(({ name }) => name).filter(isBackupName)
    } catch {
      return undefined
    }
  }

  report(): BackupReport {
    const { backup_every: every, backup_keep: keep } = this.#parts.settings()
    return {
      running: this.#running !== undefined,
      every,
      keep,
      newest: this.#newest,
      nextAt: this.#nextAt(),
      failure: this.#failure,
    }
  }

  /** Since the start. */
  get counts(): { readonly made: number; readonly failed: number } {
    return { made: this.#made, failed: this.#failed }
  }

  /** Ends the schedule and what is being made; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort()
    await this.#running?.catch(() => {})
  }

  async #makeOne(source: BackupSource, reason: BackupReason): Promise<Manifest> {
    const { logger, make = makeBackup } = this.#parts
    const begun = performance.now()
    try {
      const manifest = await make(source, reason, this.#stopping.signal)
      this.#made += 1
      this.#failure = undefined
      this.#newest = manifest
      if (reason === 'scheduled') this.#lastScheduledAt = this.#now()
      const { name, records, bytes } = manifest
      const ms = Math.round(performance.now() - begun)
      logger.info({ backup: name, reason, records, bytes, duration_ms: ms }, 'backup made')
      await this.#rotate(source, manifest)
      this.#parts.onMade?.(reason)
      return manifest
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#note(error, reason)
      throw error
    }
  }

  #note(error: unknown, reason: BackupReason): void {
    const told = error instanceof ProblemError ? error : undefined
    const { message } = error as Error
    const code = told?.code ?? 'BACKUP_FAILED'
    this.#failed += 1
    this.#failure = {
      code,
      message,
      try: told?.try ?? null,
      count: (this.#failure?.count ?? 0) + 1,
      at: this.#now(),
    }
    this.#parts.logger.error({ code, reason, try: told?.try, err: error }, 'backup failed')
  }

  /** Removes what newer backups hold too. A failure costs room, and no backup. */
  async #rotate({ place }: BackupSource, newest: Manifest): Promise<void> {
    const { store, settings, logger } = this.#parts
    try {
      const good = (await this.list()).flatMap(({ manifest }) => manifest ?? [])
      const { reason } = newest
      const keep = settings().backup_keep
      const idStartAt = (seq: number) => idStartIn(store, seq)
      const gone = superseded(good, { newest, reason, keep, idStartAt })
      for (const name of gone) {
        await place.remove(name)
        await place.remove(manifestName(name))
      }
      if (gone.length > 0) logger.info({ removed: gone }, 'old backups removed')
      await removeLoneManifests(place)
    } catch (error) {
      logger.warn({ err: error }, 'old backups not removed')
    }
  }

  async #look(): Promise<void> {
    const found = await this.list()
    const scheduled = found.filter(({ manifest }) => manifest?.reason === 'scheduled')
    this.#newest ??= newestGood(found)?.manifest
    // One from a clock that was ahead says nothing about when the next is due.
    this.#lastScheduledAt ??= scheduled
      .flatMap(({ manifest }) => manifest?.made_at ?? [])
      .filter((at) => at <= this.#now())
      .toSorted((one, other) => other - one)[0]
    this.#looked = true
    this.tick()
  }

  #looked = false

  #nextAt(): number | undefined {
    // Until it is known what there is, everything would look missed.
    if (!this.#looked) return undefined
    const { backup_every: every } = this.#parts.settings()
    const state = { every, lastAt: this.#lastScheduledAt, failed: this.#failure }
    return nextRun(state, this.#now(), BACKUP_LIMITS.retryMs)
  }
}

/** What a kill leaves that came between a manifest and its file. Nobody else makes a backup meanwhile. */
async function removeLoneManifests(place: BackupPlace): Promise<void> {
  const names = new Set((await place.list()).map(({ name }) => name))
  for (const name of names) {
    const ofFile = name.endsWith('.json') ? name.slice(0, -'.json'.length) : undefined
    if (ofFile !== undefined && isBackupName(ofFile) && !names.has(ofFile)) await place.remove(name)
  }
}

/** The first digits of the id of the record at a sequence number. */
export function idStartIn(store: Pick<Store, 'page'>, seq: number): string | undefined {
  return store.page({}, seq - 1, seq, 1).records[0]?.id.slice(0, ID_DIGITS)
}
