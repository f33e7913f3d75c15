import { tellEach } from '../../protocol/tell-each.ts'
import type { StoredRecord } from './stored-record.ts'

/** Told of each commit's new records, in order of `seq`, after they are durable. */
export type CommitListener = (records: readonly StoredRecord[]) => void

/** Those who follow the log: event feeds and long polls. */
export class CommitListeners {
  readonly #listeners = new Set<CommitListener>()
  /** Told what a listener has thrown. The commit stands, and the other listeners are told of it all the same. */
  readonly onFault: (error: unknown) => void

  constructor(onFault: (error: unknown) => void) {
    this.onFault = onFault
  }

  /** Returns the way to stop listening. */
  add(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  get size(): number {
    return this.#listeners.size
  }

  notify(records: readonly StoredRecord[]): void {
    tellEach(this.#listeners, (listener) => listener(records), this.onFault)
  }
}
