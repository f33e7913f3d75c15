import { InvalidArgumentError } from 'commander'
import { isScope, SCOPES, type Scope } from '../../../protocol/identity/scopes.ts'
import { closest } from '../../../protocol/http/closest.ts'
import { parseList } from './list.ts'

/** `--scopes` of the command line: at least one of the closed list. */
export function parseScopes(text: string): Scope[] {
  const scopes = [...new Set(parseList(text))]
  if (scopes.length > 0 && scopes.every((scope) => isScope(scope))) return scopes
  const unknown = scopes.find((scope) => !isScope(scope))
  const guess = unknown && closest(unknown, SCOPES)
  // As commander says it, so that the guess becomes the next step.
  const hint = guess === undefined ? '' : `\n(Did you mean ${guess}?)`
  throw new InvalidArgumentError(`Scopes are some of ${SCOPES.join(', ')}.${hint}`)
}
