import type { Database } from 'better-sqlite3'
import type { StoreReader } from '../reader.ts'
import type { Statements } from '../statements.ts'
import { Ceiling } from './ceiling.ts'
import { type Growth, growthOf } from './growth.ts'
import { largestThreads, type ThreadCount } from './largest-threads.ts'
import { SizeMeter, type StoreSize } from './store-size.ts'

/** The size of a store, and of its ceiling. */
export interface SizeNow extends StoreSize {
  /** Null: as large as the disk lets it be. */
  readonly ceiling_bytes: number | null
  readonly over_ceiling: boolean
}

interface StoreSizesParts {
  readonly database: Database
  readonly statements: Pick<Statements, 'receivedAt'>
  /** Null for a store in memory. */
  readonly path: string | null
  readonly reader: () => Pick<StoreReader, 'head' | 'threads'>
}

/** How large an open store is, how it grows, and how large it may become. */
export class StoreSizes {
  readonly ceiling: Ceiling
  readonly #parts: StoreSizesParts
  readonly #meter: SizeMeter

  constructor(parts: StoreSizesParts) {
    this.#parts = parts
    this.#meter = new SizeMeter(parts.database, parts.path)
    this.ceiling = new Ceiling(this.#meter)
  }

  now(): SizeNow {
    const { bytes, reached } = this.ceiling
    return { ...this.#meter.read(), ceiling_bytes: bytes, over_ceiling: reached }
  }

  /** @param now milliseconds since 1970 */
  growth(now: number): Growth {
    const { statements, reader } = this.#parts
    const receivedAt = (seq: number) => statements.receivedAt.get(seq)
    return growthOf(reader().head(), receivedAt, this.#meter.used, now)
  }

  /** The threads with most records, the largest first. */
  largestThreads(count: number): Promise<readonly ThreadCount[]> {
    return largestThreads((before, limit) => this.#parts.reader().threads(before, limit), count)
  }

  /**
   * Empties a write-ahead log that has become large behind a reader which was open for long. While the reader is open still
   * SQLite says that it is busy, and it is tried again later.
   */
  shrinkLog(): void {
    if (this.#meter.wal > LARGE_LOG_BYTES) this.#parts.database.pragma('wal_checkpoint(TRUNCATE)')
  }
}

/** What SQLite leaves of it by itself (`journal_size_limit`). */
const LARGE_LOG_BYTES = 64 * 1024 * 1024
