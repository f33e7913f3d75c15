import type { Database } from 'better-sqlite3'
import { type FileFault, FileWatch, type Written } from './file-watch.ts'
import { saveAside, takeLogAway } from './save-aside.ts'
import type { StoreState } from '../trouble/store-state.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** Notices that the files of an open store are no longer its own, and saves what is open. */
export class LossWatch {
  readonly #database: Database
  readonly #path: string
  readonly #state: StoreState
  readonly #watch: FileWatch
  #saving: Promise<void> | undefined

  constructor(database: Database, path: string, state: StoreState) {
    this.#database = database
    this.#path = path
    this.#state = state
    this.#watch = new FileWatch(database, path)
  }

  get isLost(): boolean {
    return this.#saving !== undefined
  }

  /** What the database file itself says: see `newStamp`. */
  get found(): string {
    return this.#watch.found
  }

  /** The same, if the next commit must draw a new stamp. */
  get stampAfter(): string | undefined {
    return this.#watch.isChanged ? this.#watch.found : undefined
  }

  /** A stamp was drawn. */
  stamped(): void {
    this.#watch.stamped()
  }

  /** Notes a loss: from then on `state.end` reports it. @throws SQLite's error for locked files */
  check(when: 'before' | 'after' | 'thoroughly', written: Written): void {
    if (this.#saving !== undefined) return
    const fault = this.#watch[when](written)
    if (fault === undefined) return
    const what = whatOf(fault)
    this.#state.meet({
      code: fault.code,
      message: `The file of the store ${what} while the daemon ran`,
      try: 'The owner of the daemon has to put it back; on the daemon’s machine spl status says how.',
      owner: {
        message: `${fault.file} ${what} while the daemon ran`,
        try: 'spl status, in a moment',
      },
      since: Date.now(),
      stopsWrites: true,
      passes: false,
    })
    this.#saving = this.#save(fault, what)
  }

  /** Resolves once what was open is saved, or could not be. */
  async whenSaved(): Promise<void> {
    await this.#saving
  }

  /**
   * Closes the database with the work in `close`. For a lost one, SQLite would checkpoint the log into the present file and remove whatever has
   * the log's name: another, read-only connection that is open meanwhile prevents both.
   */
  closing(close: () => void): void {
    if (!this.isLost) this.release()
    try {
      close()
    } finally {
      this.#watch.end()
    }
  }

  /** Before the database is closed normally. */
  release(): void {
    this.#watch.release()
  }

  async #save({ file, isOverwritten }: FileFault, what: string): Promise<void> {
    const lost = `${file} ${what} while the daemon ran`
    const path = this.#path
    try {
      const saved = await saveAside(this.#database, path)
      if (this.#watch.isLogOurs) takeLogAway(this.#watch.log, saved)
      if (isOverwritten) {
        return this.#state.tellOwner({
          message: `${lost}; what could still be read is in ${saved}, and perhaps not all of it`,
          try: `spl serve --stop; rm -f ${shellPath(`${path}-wal`)} ${shellPath(`${path}-shm`)}; put back the newest copy of ${shellPath(path)}, or cp ${shellPath(saved)} ${shellPath(path)}; spl verify; spl serve --restart`,
        })
      }
      this.#state.tellOwner({
        message: `${lost}; everything that was in the store is in ${saved}`,
        try: `spl serve --stop; rm -f ${shellPath(`${path}-wal`)} ${shellPath(`${path}-shm`)}; cp ${shellPath(saved)} ${shellPath(path)}; spl serve --restart`,
      })
    } catch (error) {
      this.#state.tellOwner({
        message: `${lost}, and what is open could not be saved: ${(error as Error).message}`,
        try: `make room beside ${shellPath(path)}, put the file back while the daemon runs, and read what it still has: spl thread list`,
      })
    }
  }
}

function whatOf({ code, isOverwritten }: FileFault): string {
  if (isOverwritten) return 'was written over'
  return code === 'STORE_MISSING' ? 'was deleted' : 'was replaced by another file'
}
