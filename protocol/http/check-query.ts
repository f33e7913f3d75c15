import { closest } from './closest.ts'
import { formatJsonPath } from '../json/json-path.ts'
import { pathOf } from './route-access.ts'

/** A query parameter that a route does not take, or takes once: its name, safe to print, and what to do about it. */
export interface QueryFault {
  readonly field: string
  readonly message: string
  readonly try: string
}

/**
 * The first parameter that is unknown or there twice. A filter that is misspelt would be no filter: the answer would be
 * wider than intended. Of two equal names, one reader may take the first and another one the last.
 * @param names of the parameters, decoded, in order
 * @param known the names that the route takes
 */
export function checkQuery(
  names: Iterable<string>,
  known: readonly string[],
): QueryFault | undefined {
  const seen = new Set<string>()
  for (const name of names) {
    const field = formatJsonPath([name])
    if (seen.has(name)) {
      return { field, message: `${field} is in the query more than once`, try: 'Give it once.' }
    }
    if (!known.includes(name)) {
      const message = `${field} is not a query parameter of this route`
      return { field, message, try: whatToDo(name, known) }
    }
    seen.add(name)
  }
  return undefined
}

function whatToDo(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'Leave the query out.'
  const guess = closest(name.slice(0, 64), known)
  const takes = `This route takes ${known.join(', ')}.`
  return guess === undefined ? takes : `Did you mean ${guess}? ${takes}`
}

/** The names in a target's query, decoded, in order. */
export function queryNames(target: string): Iterable<string> {
  const path = pathOf(target)
  return path === target ? [] : new URLSearchParams(target.slice(path.length + 1)).keys()
}
