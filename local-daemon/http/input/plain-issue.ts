import type { z } from '@hono/zod-openapi'
import { closest } from '../../../protocol/http/closest.ts'
import { SCOPES } from '../../../protocol/identity/scopes.ts'

type Issue = z.core.$ZodRawIssue

const KINDS: Readonly<Record<string, string>> = {
  string: 'text in quotes, such as "tea"',
  number: 'a number, such as 60',
  int: 'a whole number, such as 60',
  boolean: 'true or false',
  array: 'a list in brackets, such as []',
  object: 'an object in braces, such as {}',
  record: 'an object in braces, such as {}',
}

/** A parameter of a query stands there without quotes. */
const PARAMETERS: Readonly<Record<string, string>> = { ...KINDS, string: 'text, such as tea' }

/** The same of a parameter of a path or a query. */
export function plainParameterIssue(issue: Issue): string | undefined {
  return plainIssue(issue, PARAMETERS)
}

/**
 * What is wrong with one field, to read after its name, instead of the schema library's words. A schema with its own words
 * keeps them.
 */
export function plainIssue(issue: Issue, kinds = KINDS): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing: it must be ${kinds[issue.expected] ?? issue.expected}`
        : `must be ${kinds[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`
    case 'too_big':
      return `must ${sizeOf(issue.origin, 'at most', issue.maximum)}`
    case 'too_small':
      return `must ${sizeOf(issue.origin, 'at least', issue.minimum)}`
    case 'unrecognized_keys':
      return `has ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}, which is not taken here`
    case 'invalid_format':
      return `does not have its form${issue.pattern === undefined ? '' : `: ${issue.pattern}`}`
    default:
      return undefined
  }
}

function sizeOf(origin: string, bound: string, count: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${count} characters`
  if (origin === 'array' || origin === 'set') return `have ${bound} ${count} items`
  return `be ${bound} ${count}`
}

/** Where to find a field's possible values: for an id the list of ids, for a scope the scopes. */
export function nextStepOf(field: string, message: string, input: unknown): string {
  const list = LISTS.find(([words]) => message.includes(words))?.[1]
  if (list !== undefined) return `${list} lists them.`
  if (/^scopes\b/u.test(field)) {
    const wrong = scopesIn(input).find((scope) => !SCOPES.some((known) => known === scope))
    const meant = wrong === undefined ? undefined : closest(wrong, SCOPES)
    const all = `The scopes are ${SCOPES.join(', ')}.`
    return meant === undefined ? all : `Did you mean ${meant}? ${all}`
  }
  return 'See /openapi.json for what this route takes.'
}

/** The kind of an id, as the schema names it, and where these ids are listed. */
const LISTS = [
  ['the id of a service account', 'GET /v1/service-accounts'],
  ['the id of a token', 'GET /v1/tokens'],
  ['the id of an invite', 'GET /v1/invites'],
  ['the id of a thread', 'GET /v1/threads'],
  ['the id of a record', 'GET /v1/sync/changes'],
] as const

function scopesIn(input: unknown): string[] {
  const { scopes } = (input ?? {}) as { scopes?: unknown }
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : []
}
