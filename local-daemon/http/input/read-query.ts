import { checkQuery } from '../../../protocol/http/check-query.ts'
import { ProblemError } from '../../problem/problem-error.ts'

/** The parameters of a query by name. */
export type Query = Readonly<Record<string, string>>

const NOTHING: Query = Object.freeze({})

/**
 * Parses a request's query, for every route.
 * @param known the names of the parameters that the route takes
 * Throws `ProblemError` `INVALID_REQUEST` with the name as `field` for an unknown parameter, or one that occurs twice.
 */
export function readQuery(url: string, known: readonly string[]): Query {
  const question = url.indexOf('?')
  if (question === -1) return NOTHING
  const parameters = new URLSearchParams(url.slice(question + 1))
  const fault = checkQuery(parameters.keys(), known)
  if (fault === undefined) return Object.fromEntries(parameters)
  const { message, ...detail } = fault
  throw new ProblemError('INVALID_REQUEST', message, detail)
}
