import { setImmediate } from 'node:timers/promises'
import { STORE_LIMITS } from '../limits.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { tooSlow } from './too-slow.ts'

/**
 * Runs the steps of a read in this thread, with everything else in between: for a store in memory, which no other thread can open.
 * Rejects as a read of the pool does.
 */
export async function driveHere(
  steps: Generator<void, unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  const until = performance.now() + STORE_LIMITS.slowReadMs
  try {
    for (;;) {
      const { done, value } = steps.next()
      if (done === true) return value
      if (signal.aborted) throw new ProblemError('REQUEST_TIMEOUT', 'The reader has left')
      if (performance.now() > until) throw tooSlow()
      await setImmediate()
    }
  } finally {
    steps.return(undefined)
  }
}
