/** The limits of backups: of one, of how many, and of how long they may take. */
export const BACKUP_LIMITS = {
  /** Room that a backup leaves on its disk, bytes: it must not be what fills the disk of the store. */
  reserveBytes: 16 * 1024 * 1024,
  /** Longest time that making and proving a copy may take, milliseconds. */
  copyMs: 3_600_000,
  /** Records whose id and signature are checked in a new copy: the newest ones, and others by chance. */
  sampleNewest: 200,
  sampleRandom: 800,
  /** Largest manifest, bytes. */
  manifestBytes: 16 * 1024,
  /** Backups that are listed. */
  listed: 1_000,
  /** How often the schedule looks at the clock, and the first pause after a failure, milliseconds. */
  lookMs: 30_000,
  retryMs: 60_000,
  /** Largest store that is backed up before a new schema, bytes: a start must not wait long. */
  migrationBytes: 256 * 1024 * 1024,
} as const
