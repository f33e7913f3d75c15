import { MISSING_THREAD } from '../../../protocol/http/missing-thread.ts'
import { ProblemError } from '../../problem/problem-error.ts'

/** The refusal of a thread that does not exist for its caller. */
export function missingThread(): ProblemError {
  const { code, message, try: next } = MISSING_THREAD
  return new ProblemError(code, message, { try: next })
}
