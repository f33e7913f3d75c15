import type { Database } from 'better-sqlite3'
import { OverwriteWatch } from './overwrite-watch.ts'
import { PathWatch, type PathFault } from './path-watch.ts'
import { closeLost, closeOverwritten, copyLog, saveAside, takeLogAway } from './save-aside.ts'
import type { StoreState } from './store-state.ts'
import { shellPath } from '../shell-word.ts'

/** Notices that the files of an open store are not the ones that its path leads to, and saves what is open. */
export class LossWatch {
  readonly #database: Database
  readonly #path: string
  readonly #state: StoreState
  readonly #watch: PathWatch
  readonly #overwrite: OverwriteWatch
  #isOverwritten = false
  #saving: Promise<void> | undefined

  constructor(database: Database, path: string, state: StoreState) {
    this.#database = database
    this.#path = path
    this.#state = state
    this.#watch = new PathWatch(path)
    this.#overwrite = new OverwriteWatch(this.#watch.real)
  }

  get isLost(): boolean {
    return this.#saving !== undefined
  }

  /** Takes note of a loss: from then on `state.end` tells of it. */
  check(): void {
    if (this.#saving !== undefined) return
    const fault = this.#watch.fault() ?? this.#overwritten()
    if (fault === undefined) return
    const what = this.#what(fault)
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

  /** What the database file held when it was looked at last. */
  get content(): string {
    return this.#overwrite.content
  }

  /** Closes the lost store, and leaves alone what has come in its place. */
  close(): void {
    if (this.#isOverwritten) closeOverwritten(this.#database, this.#watch)
    else closeLost(this.#database, this.#watch)
  }

  /** After the database was closed, in whichever way. */
  end(): void {
    this.#overwrite.close()
  }

  #overwritten(): PathFault | undefined {
    if (!this.#overwrite.isOverwritten()) return undefined
    this.#isOverwritten = true
    return { code: 'STORE_REPLACED', file: this.#path }
  }

  #what({ code }: PathFault): string {
    if (this.#isOverwritten) return 'was written over'
    return code === 'STORE_MISSING' ? 'is gone' : 'was replaced by another one'
  }

  async #save({ file }: PathFault, what: string): Promise<void> {
    const lost = `${file} ${what} while the daemon ran`
    const path = this.#path
    try {
      const saved = await saveAside(this.#database, path)
      if (this.#isOverwritten) {
        copyLog(this.#watch, saved)
        return this.#state.tellOwner({
          message: `${lost}; what could still be read is in ${saved}, and perhaps not all of it`,
          try: `spl serve --stop; rm -f ${shellPath(`${path}-wal`)} ${shellPath(`${path}-shm`)}; put back the newest copy of ${shellPath(path)}, or cp ${shellPath(saved)} ${shellPath(path)}; spl verify; spl serve --daemon`,
        })
      }
      takeLogAway(this.#watch, saved)
      this.#state.tellOwner({
        message: `${lost}; everything that was in the store is in ${saved}`,
        try: `spl serve --stop; rm -f ${shellPath(`${path}-wal`)} ${shellPath(`${path}-shm`)}; cp ${shellPath(saved)} ${shellPath(path)}; spl serve --daemon`,
      })
    } catch (error) {
      this.#state.tellOwner({
        message: `${lost}, and what is open could not be saved: ${(error as Error).message}`,
        try: `make room beside ${shellPath(path)}, put the file back while the daemon runs, and read what it still has: spl thread list`,
      })
    }
  }
}
