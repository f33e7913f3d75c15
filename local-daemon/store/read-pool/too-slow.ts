import { ProblemError } from '../../problem/problem-error.ts'
import { STORE_LIMITS } from '../limits.ts'

/** The refusal of a read that takes longer than one may. */
export function tooSlow(): ProblemError {
  const seconds = STORE_LIMITS.slowReadMs / 1000
  return new ProblemError(
    'QUERY_TOO_SLOW',
    `The read took longer than ${seconds} s and was ended`,
    {
      try: 'Narrow it: name a thread, an actor or a time (created_at); with explain a query says how it finds records.',
    },
  )
}
