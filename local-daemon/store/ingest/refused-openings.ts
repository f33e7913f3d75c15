import { ProblemError } from '../../problem/problem-error.ts'
import type { StoreReader } from '../reader.ts'
import type { LineAbout } from './entry.ts'

/** Threads that are remembered; the oldest gives way. */
const THREADS_MAX = 10_000

/**
 * Threads that new records of one append would have begun in a namespace, and were refused. By its first record a thread gets its
 * namespace, for good, so a later line of the same append must not begin it in `default`. One that names a namespace may.
 */
export class RefusedOpenings {
  readonly #threads = new Set<string>()

  /** A record was refused. */
  note(store: Pick<StoreReader, 'namespaceOf'>, { thread, names }: LineAbout): void {
    if (!names || this.#threads.has(thread) || store.namespaceOf(thread) !== undefined) return
    const [oldest] = this.#threads
    if (oldest !== undefined && this.#threads.size >= THREADS_MAX) this.#threads.delete(oldest)
    this.#threads.add(thread)
  }

  /** Throws `ProblemError` `NAMESPACE_REJECTED` for a record that would begin such a thread without naming its namespace. */
  refuse(store: Pick<StoreReader, 'namespaceOf'>, { thread, names }: LineAbout): void {
    if (names || !this.#threads.has(thread)) return
    if (store.namespaceOf(thread) === undefined) throw notBegun(thread)
    this.#threads.delete(thread)
  }
}

function notBegun(thread: string): ProblemError {
  return new ProblemError(
    'NAMESPACE_REJECTED',
    'The record that begins its thread was refused, so nobody knows in which namespace it belongs',
    {
      field: 'thread',
      try: `See why the first record of ${thread} was refused, and send it again before this one; or begin the thread with a new record that names its namespace.`,
    },
  )
}
