import { formatJsonPath } from '../../../protocol/json/json-path.ts'
import { ProblemError } from '../../problem/problem-error.ts'

/** A query that breaks a rule. @param at where in the body of the request */
export function invalidQuery(
  at: readonly (string | number)[],
  what: string,
  next = 'See docs/find.md for the operators and fields.',
): ProblemError {
  const field = formatJsonPath(at)
  return new ProblemError('INVALID_QUERY', `${field}: ${what}`, { field, try: next })
}
