import type { ChangedSetting, Revived } from '../../backup/restore/compare-stores.ts'

/** The `--json` of `spl restore`. */
export interface Restored {
  readonly object: 'restore'
  /** The name or the path. */
  readonly backup: string
  /** When it was made, Unix time in seconds; null for a file without a manifest. */
  readonly made_at: number | null
  /** Of the store now. */
  readonly records: number
  readonly epoch: string
  /** The directory with the store that was replaced; null if there was none. */
  readonly replaced: string | null
  /** Records that the replaced store had, and this one does not have; null if it could not be read. */
  readonly lost_records: number | null
  /** What was revoked since the backup: revoked again, or alive with `--no-revoke`. Null if it could not be read. */
  readonly revived: Revived | null
  readonly revoked_again: boolean
  /** Records whose bodies were redacted since the backup, and are redacted again. */
  readonly redacted_again: number
  /** Whether the home remembers, outside the store, what was revoked and redacted. */
  readonly ended_list: 'whole' | 'missing' | 'damaged'
  readonly settings_changed: readonly ChangedSetting[] | null
}
