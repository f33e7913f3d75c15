import { DAEMON_LIMITS } from '../config/limits.ts'
import type { CommitListeners } from '../store/commit-listeners.ts'

/**
 * Resolves at the next commit with a record of the thread (of any, without one), or after
 * `DAEMON_LIMITS.longPollMs`, or when a signal aborts.
 */
export function nextCommit(
  commits: CommitListeners,
  thread: string | undefined,
  signals: readonly AbortSignal[],
): Promise<void> {
  return new Promise((resolve) => {
    const signal = AbortSignal.any([...signals])
    const timer = setTimeout(done, DAEMON_LIMITS.longPollMs)
    const leave = commits.add((records) => {
      if (thread === undefined || records.some((record) => record.thread === thread)) done()
    })
    function done() {
      clearTimeout(timer)
      leave()
      signal.removeEventListener('abort', done)
      resolve()
    }
    if (signal.aborted) done()
    else signal.addEventListener('abort', done, { once: true })
  })
}
