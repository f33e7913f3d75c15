import { tellEach } from '../../protocol/tell-each.ts'
import type { StoredRecord } from './stored-record.ts'

/** Called with each commit's new records, in order of `seq`, after they are durable. */
export type CommitListener = (records: readonly StoredRecord[]) => void

/** The listeners of the log: event feeds and long polls. */
export class CommitListeners {
  readonly #listeners = new Set<CommitListener>()
  /** Called with what a listener has thrown. The commit stands, and the other listeners are still called. */
  readonly onFault: (error: unknown) => void

  constructor(onFault: (error: unknown) => void) {
    this.onFault = onFault
  }

  /** Returns a function that stops listening. */
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

/** A bug in a listener must be loud, but cannot make a durable append look like a failed one. */
export function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
