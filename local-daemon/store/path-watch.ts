import { realpathSync, statSync } from 'node:fs'
import type { LossCode } from './store-trouble.ts'

/** What became of a store's files: one is not there any more, or another one has its name. */
export interface PathFault {
  readonly code: LossCode
  readonly file: string
}

/**
 * Tells whether the names of the store still lead to the files that are open. SQLite does not notice: it goes on writing to a
 * file that was deleted, and the next start finds nothing of it. A few calls of stat(2), some microseconds.
 */
export class PathWatch {
  readonly #known: ReadonlyMap<string, string>
  /** The write-ahead log, which lies beside the file itself, however that is called: SQLite follows links. */
  readonly log: string
  /** The database file itself, without links. */
  readonly real: string

  /** Made while the files are open, so that they are the ones that are written to. */
  constructor(database: string) {
    const real = realpathSync(database)
    this.real = real
    this.log = `${real}-wal`
    const paths = [database, this.log, `${real}-shm`]
    this.#known = new Map(
      paths.flatMap((path) => {
        const identity = identityOf(path)
        return identity === undefined ? [] : [[path, identity] as const]
      }),
    )
  }

  /** What is wrong now, if anything. */
  fault(): PathFault | undefined {
    for (const [file, identity] of this.#known) {
      const now = identityOf(file)
      if (now === identity) continue
      return { code: now === undefined ? 'STORE_MISSING' : 'STORE_REPLACED', file }
    }
    return undefined
  }

  /** Whether a file is there and is one of those that were open from the beginning. */
  isOurs(file: string): boolean {
    const now = identityOf(file)
    return now !== undefined && now === this.#known.get(file)
  }
}

/** Device and number of the file that a path leads to; undefined if it leads to none. */
function identityOf(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found && `${found.dev}:${found.ino}`
  } catch (error) {
    // A directory on the way is gone, or may not be entered any more.
    const { code = '' } = error as NodeJS.ErrnoException
    if (/^(?:ENOTDIR|EACCES|ELOOP)$/u.test(code)) return undefined
    throw error
  }
}
