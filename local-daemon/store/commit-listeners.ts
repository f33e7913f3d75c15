import type { StoredRecord } from './stored-record.ts'

/** Told of each commit's new records, in order of `seq`, after they are durable. Must not throw. */
export type CommitListener = (records: readonly StoredRecord[]) => void

/** Those who follow the log: event feeds and long polls. */
export class CommitListeners {
  readonly #listeners = new Set<CommitListener>()

  /** Returns the way to stop listening. */
  add(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get size(): number {
    return this.#listeners.size
  }

  notify(records: readonly StoredRecord[]): void {
    for (const listener of this.#listeners) listener(records)
  }
}
