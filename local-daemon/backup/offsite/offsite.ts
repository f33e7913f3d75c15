import { statSync } from 'node:fs'
import type { Logger } from 'pino'
import { detach } from '../../../protocol/detach.ts'
import type { SettingValues } from '../../settings/setting-definitions.ts'
import type { BackupFailure } from '../backups.ts'
import { BACKUP_LIMITS } from '../limits.ts'
import { type Manifest, manifestName } from '../manifest.ts'
import type { S3Options } from '../place/s3/s3-client.ts'
import type { BackupSource } from '../make-backup.ts'
import { type GoodBackup, newestGood, readBackups } from '../read-backups.ts'
import { superseded } from '../rotation.ts'
import type { SealedPlace } from '../place/sealed-place.ts'
import { sendBackup } from './send-backup.ts'

export interface OffsiteParts {
  /** Undefined for a store in memory. */
  readonly source: Pick<BackupSource, 'place' | 'signer'> | undefined
  /** Identities that this one replaced, the newest first. */
  readonly lineage: readonly string[]
  readonly settings: () => Pick<SettingValues, 'backup_to' | 'backup_recipients' | 'backup_keep'>
  /** The first digits of the id of the record at a sequence number in the store now. */
  readonly idStartAt: (seq: number) => string | undefined
  readonly credentialsFile: string
  /** Remembers an upload while it has parts. */
  readonly uploadNote: string
  readonly logger: Logger
  readonly limits?: S3Options['limits']
}

/** What a daemon tells of its backups elsewhere; times are Unix times in milliseconds. */
export interface OffsiteReport {
  readonly to: string
  readonly sending: boolean
  /** Names of those that were there when it was last looked, and those sent since. */
  readonly names: readonly string[]
  readonly newest: Manifest | undefined
  readonly failure: BackupFailure | undefined
}

/**
 * Keeps the newest backup of a running daemon in an S3 store too, encrypted. A failure is told and tried again, after one minute, then
 * two, four and so on up to an hour; the backups at home stay as they are.
 */
export class Offsite {
  readonly #parts: OffsiteParts
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #there = new Map<string, Manifest>()
  /** The place that was asked last. */
  #askedAt: string | undefined
  /** Of the settings and credentials that it was met with: others may be why somebody changed them. */
  #met: { readonly failure: BackupFailure; readonly with: string } | undefined
  #timer: NodeJS.Timeout | undefined
  #sent = 0
  #failed = 0

  constructor(parts: OffsiteParts) {
    this.#parts = parts
  }

  start(): void {
    if (this.#parts.source === undefined) return
    this.#timer = setInterval(() => this.tick(), BACKUP_LIMITS.lookMs).unref()
  }

  /** Sends the newest backup if it is not there, unless the last try failed a short time ago. */
  tick(): void {
    const { count = 0, at = 0 } = this.#failure ?? {}
    const pause =
      count === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, BACKUP_LIMITS.retryMs * 2 ** (count - 1))
    const now = Date.now()
    // A clock that was set back must not put it off.
    if (at <= now && now < at + pause) return
    detach(this.send(), () => {
      // Logged, counted and told of by `send`.
    })
  }

  /** Somebody asked for a backup: sends it now, whatever failed before, and behind what is being sent. */
  sendNow(): void {
    detach(this.#sendBehind(), () => {
      // As in `tick`.
    })
  }

  /** Sends the newest backup if it is not there. @throws S3Error, SealError, ProblemError */
  async send(): Promise<void> {
    const { backup_to: to } = this.#parts.settings()
    if (to === null || this.#parts.source === undefined || this.#stopping.signal.aborted) return
    if (to !== this.#askedAt) this.#forget(to)
    this.#running ??= this.#sendNewest(to).finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  /** Undefined without the setting `backup_to`. */
  report(): OffsiteReport | undefined {
    const { backup_to: to } = this.#parts.settings()
    if (to === null) return undefined
    const there = to === this.#askedAt ? [...this.#there.values()] : []
    return {
      to,
      sending: this.#running !== undefined,
      names: there.map(({ name }) => name).toSorted(),
      newest: there.toSorted((one, other) => other.made_at - one.made_at)[0],
      failure: this.#failure,
    }
  }

  /** Since the start. */
  get counts(): { readonly sent: number; readonly failed: number } {
    return { sent: this.#sent, failed: this.#failed }
  }

  /** Ends what is being sent; resolves when nothing of it is left, in the bucket neither. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort(new Error('the daemon stops'))
    await this.#running?.catch(() => {})
  }

  get #failure(): BackupFailure | undefined {
    return this.#met?.with === this.#wish() ? this.#met.failure : undefined
  }

  #wish(): string {
    const { settings, credentialsFile } = this.#parts
    const { backup_to, backup_recipients } = settings()
    return JSON.stringify([backup_to, backup_recipients, ...stateOf(credentialsFile)])
  }

  async #sendBehind(): Promise<void> {
    await this.#running?.catch(() => {})
    // What failed before says nothing of this try, and the pauses begin anew.
    this.#met = undefined
    await this.send()
  }

  async #sendNewest(to: string): Promise<void> {
    const { source, settings, lineage, credentialsFile, uploadNote, logger, limits } = this.#parts
    if (source === undefined) return
    const identities = [source.signer.did, ...lineage]
    const wish = this.#wish()
    try {
      const newest = newestGood(await readBackups(source.place, identities))
      if (newest === undefined || (this.#there.has(newest.name) && this.#failure === undefined))
        return
      // Age and the signer of S3 are loaded by those who use them.
      const { offsitePlace, requireRecipients } = await import('./offsite-place.ts')
      const { backup_recipients: recipients } = settings()
      requireRecipients(recipients)
      const { signal } = this.#stopping
      const { signer } = source
      const place = await offsitePlace({
        to,
        recipients,
        signer,
        credentialsFile,
        uploadNote,
        signal,
        ...(limits && { limits }),
      })
      const found = (await readBackups(place, identities)).filter(
        (one) => one.manifest !== undefined,
      )
      const gone = [...this.#there.keys()].filter((name) => !found.some((one) => one.name === name))
      if (gone.length > 0)
        logger.warn({ to, gone }, 'backups that were sent are gone from the bucket')
      this.#there = new Map(found.map(({ name, manifest }) => [name, manifest]))
      if (!this.#there.has(newest.name)) {
        await sendBackup(source.place, place, newest)
        this.#there.set(newest.name, newest.manifest)
        this.#sent += 1
        logger.info({ backup: newest.name, to }, 'backup sent')
      }
      await this.#rotate(place, newest)
      this.#met = undefined
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#note(error, to, wish)
      throw error
    }
  }

  /** As at home: only what a newer one there holds too. */
  async #rotate(place: SealedPlace, { manifest }: GoodBackup) {
    const { settings, idStartAt, logger } = this.#parts
    const keep = settings().backup_keep
    const { reason } = manifest
    const there = [...this.#there.values()]
    const gone = superseded(there, { newest: manifest, reason, keep, idStartAt })
    for (const name of gone) {
      await place.remove(name)
      await place.remove(manifestName(name))
      this.#there.delete(name)
    }
    const swept = await place.sweep()
    const removed = [...gone, ...swept]
    if (removed.length > 0) logger.info({ removed }, 'old backups removed from the bucket')
  }

  #note(error: unknown, to: string, wish: string): void {
    const {
      code = 'OFFSITE_FAILED',
      message,
      try: next = null,
    } = error as Partial<BackupFailure> & Error
    this.#failed += 1
    const count = (this.#failure?.count ?? 0) + 1
    this.#met = { failure: { code, message, try: next, count, at: Date.now() }, with: wish }
    this.#parts.logger.error({ code, to, try: next, message }, 'backup not sent')
  }

  #forget(to: string): void {
    this.#askedAt = to
    this.#there = new Map()
    this.#met = undefined
  }
}

/** Other numbers after each change of a file or its mode. */
function stateOf(file: string): readonly number[] {
  try {
    const { ino, ctimeMs } = statSync(file)
    return [ino, ctimeMs]
  } catch {
    return []
  }
}

const LONGEST_PAUSE_MS = 3_600_000
