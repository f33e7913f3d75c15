import { HTTP_LIMITS } from '../limits.ts'
import type { CommitListeners } from '../../store/commit-listeners.ts'
import { onAbort } from '../connection/on-abort.ts'

/**
 * Resolves at the next commit with a record of a thread that counts, or after
 * `HTTP_LIMITS.longPollMs`, or when a signal aborts.
 */
export function nextCommit(
  commits: CommitListeners,
  counts: (thread: string) => boolean,
  signals: readonly AbortSignal[],
): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, HTTP_LIMITS.longPollMs)
    const leave = commits.add((records) => {
      if (records.some(({ thread }) => counts(thread))) done()
    })
    const leaveSignals = onAbort(signals, done)
    function done() {
      clearTimeout(timer)
      leave()
      leaveSignals()
      resolve()
    }
  })
}
