import { statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'

/** How large a store is, bytes. */
export interface StoreSize {
  /** Both files together. */
  readonly total_bytes: number
  readonly database_bytes: number
  /** The write-ahead log. A reader that stays open keeps it from being emptied. */
  readonly wal_bytes: number
  /** Pages with content: what the ceiling is compared with. */
  readonly used_bytes: number
  /** Pages that are empty, and are used before the file grows. */
  readonly free_bytes: number
}

/** Reads how large an open store is: from its pages, and from its files if it has any. */
export class SizeMeter {
  readonly #database: Database
  readonly #path: string | null

  /** @param path null for a store in memory */
  constructor(database: Database, path: string | null) {
    this.#database = database
    this.#path = path
  }

  /** Bytes in pages with content, this transaction's included. */
  get used(): number {
    return (this.#number('page_count') - this.#number('freelist_count')) * this.#number('page_size')
  }

  /** Bytes of the write-ahead log; 0 without one. */
  get wal(): number {
    return this.#path === null ? 0 : fileBytes(`${this.#path}-wal`)
  }

  read(): StoreSize {
    const { wal, used } = this
    const free = this.#number('freelist_count') * this.#number('page_size')
    const file = this.#path === null ? used + free : fileBytes(this.#path)
    return {
      total_bytes: file + wal,
      database_bytes: file,
      wal_bytes: wal,
      used_bytes: used,
      free_bytes: free,
    }
  }

  #number(pragma: string): number {
    return this.#database.pragma(pragma, { simple: true }) as number
  }
}

function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
