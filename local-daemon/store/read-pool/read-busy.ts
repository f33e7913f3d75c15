import { ProblemError } from '../../problem/problem-error.ts'

/**
 * The refusal while more slow reads wait than may.
 *
 * @param why in words, if it is another reason
 */
export function readBusy(why: string = 'Too many slow reads wait for their turn'): ProblemError {
  return new ProblemError('QUERY_BUSY', why, {
    try: 'Try again in a moment, with fewer queries at the same time.',
    retryAfter: 1,
  })
}
