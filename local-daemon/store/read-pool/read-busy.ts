import { ProblemError } from '../../problem/problem-error.ts'

/** The refusal while more slow reads wait than may. */
export function readBusy(): ProblemError {
  return new ProblemError('QUERY_BUSY', 'Too many slow reads wait for their turn', {
    try: 'Try again in a moment, with fewer queries at the same time.',
    retryAfter: 1,
  })
}
