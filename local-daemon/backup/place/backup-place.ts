import type { Readable } from 'node:stream'

/** A file in a place of backups. */
export interface StoredFile {
  readonly name: string
  readonly bytes: number
  /** Unix time, milliseconds. */
  readonly modifiedAt: number
}

/**
 * Where backups are kept. A place knows nothing of what is in them, and nobody trusts it: what comes back is checked against a
 * signed manifest. Names are those of `isPlaceName`. Every call rejects with the place's own error.
 */
export interface BackupPlace {
  /** For people: a directory, or an address. */
  readonly where: string
  /**
   * Keeps the content under the name, in place of what has it. Resolves once it is durable. After a failure, or a kill, the name has
   * what it had before; if the content fails, the put fails.
   */
  put(name: string, content: Readable): Promise<void>
  /** Rejects if there is none. A cut answer must fail, and never look like the end. */
  get(name: string): Promise<Readable>
  /** All finished files, in the order of their names. An empty list for a place that does not exist yet. */
  list(): Promise<readonly StoredFile[]>
  /** Resolves also if there was none. */
  remove(name: string): Promise<void>
  /**
   * The same as `put` for a finished file of ours, which is gone afterwards. A place has it that can do better than to read the file
   * through, as a directory can on the same file system.
   */
  take?(name: string, file: string): Promise<void>
}

/** Letters, digits and `. _ -`, no dot in front: the same in every file system, bucket and shell. At most 200 bytes. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/u

/** Whether a text may be the name of a file in a place. It never leads out of it. */
export function isPlaceName(text: string): boolean {
  return NAME.test(text)
}
