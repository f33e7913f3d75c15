import { countText } from '../../problem/count-text.ts'
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type LineageMark, readLineage } from './lineage-file.ts'
import { isSaved } from '../file/save-aside.ts'
import { StoreOpenError } from '../store-error.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** What kind of store is expected. */
export interface LineageOptions {
  /** The file that remembers it. */
  readonly path: string
  /** The identity that signs for it existed before: then an empty store has lost everything. */
  readonly isExpected: boolean
  /** The owner wants an empty store. */
  readonly isNew?: boolean
  /** The identities that the signing one has replaced: see `readSuccessions`. */
  readonly earlier?: readonly string[]
}

/** Refuses an empty store where there was one before, and one with records where an empty one is wanted. */
export class Expectation {
  readonly #database: string
  readonly #options: LineageOptions
  readonly #mark: LineageMark | undefined

  constructor(database: string, options: LineageOptions) {
    this.#database = database
    this.#options = options
    this.#mark = readLineage(options.path)
  }

  /** Before SQLite sees the file: SQLite would make one, and remove a log without its file. Throws `StoreOpenError`. */
  checkFile(): void {
    if (sizeOf(this.#database) > 0) return
    const log = sizeOf(`${this.#database}-wal`)
    if (log > 0) {
      throw this.#refused(
        `it is empty, and its log ${this.#database}-wal of ${log} bytes is of no use without it`,
      )
    }
    this.onEmpty(
      sizeOf(this.#database, -1) === 0 ? 'it is a file of 0 bytes' : 'there is no such file',
    )
  }

  /**
   * Throws `StoreOpenError` `IDENTITY_MISMATCH` if the accounts are by another identity, and nothing says that this one
   * replaced it: all bearers of the store would be refused, and it would get records of two identities.
   *
   * Only a daemon itself writes of its accounts; any other record may have come from elsewhere.
   *
   * @param newest who signed the newest two records of accounts, because one may be damaged
   */
  onIdentity(did: string, newest: readonly string[]): void {
    const { earlier = [] } = this.#options
    const [other] = newest
    if (other === undefined || newest.some((by) => by === did || earlier.includes(by))) return
    throw new StoreOpenError(
      'IDENTITY_MISMATCH',
      `The store ${this.#database} belongs to ${other}, which signed its accounts; the key of this home is that of ${did}`,
      'Put back the copy of keys/ that belongs to this store, instance.key with successions.json. Or move hub.db and its -wal away, and put back the store of this home.',
    )
  }

  /** Throws `StoreOpenError` `STORE_EMPTY` if an empty store is not expected. */
  onEmpty(how = 'it holds no record'): void {
    const { isExpected, isNew } = this.#options
    if (!isExpected || isNew === true || this.#mark?.seq === 0) return
    throw this.#refused(how)
  }

  /** Throws `StoreOpenError` `STORE_NOT_EMPTY` if an empty one is wanted. */
  onRecords(count: number): void {
    if (this.#options.isNew !== true) return
    throw new StoreOpenError(
      'STORE_NOT_EMPTY',
      `The store ${this.#database} holds ${countText(count, 'record')}, and --new-store asks for an empty one`,
      'Leave --new-store out to start with these records, or move the file and its -wal away first.',
    )
  }

  #refused(how: string): StoreOpenError {
    const before = this.#mark
    const what =
      before === undefined || before.seq === 0
        ? 'the identity of this home has had a store'
        : `it had ${countText(before.seq, 'record')} on ${new Date(before.at).toISOString()}`
    const saved = savedBeside(this.#database)
    const copy =
      saved === undefined
        ? `a copy of ${basename(this.#database)} with its -wal, made while the daemon was stopped`
        : `what was saved: cp ${shellPath(saved)} ${shellPath(this.#database)}`
    return new StoreOpenError(
      'STORE_EMPTY',
      `The store ${this.#database} is empty: ${how}, and ${what}`,
      `Put back ${copy}. To start with an empty store on purpose, which ends every bearer token and makes a new admin token: spl serve --daemon --new-store`,
    )
  }
}

function sizeOf(path: string, missing = 0): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? missing
}

/** The newest file with a saved store. */
function savedBeside(database: string): string | undefined {
  const directory = dirname(database)
  try {
    const saved = readdirSync(directory)
      .filter(isSaved)
      .map((name) => join(directory, name, basename(database)))
      .filter((file) => sizeOf(file) > 0)
    return saved.toSorted().at(-1)
  } catch {
    return undefined
  }
}
