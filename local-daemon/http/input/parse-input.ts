import type { Authorise } from '../../access/authorise.ts'
import type { z } from '@hono/zod-openapi'
import { formatJsonPath } from '../../../protocol/json/json-path.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { nextStepOf, plainIssue, plainParameterIssue } from './plain-issue.ts'
import { readJson } from './read-json.ts'
import type { RouteContext } from '../router.ts'

/**
 * The query or path parameters, parsed by a schema. Throws `ProblemError` `INVALID_REQUEST` with the
 * parameter's name as `field`. A query has no others: `readQuery` refuses them.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: Readonly<Record<string, string>>,
): z.output<Schema> {
  return parse(schema, input, plainParameterIssue)
}

/**
 * The same for a JSON body; `readJson` says what else it throws. Then checks again whether the caller may continue:
 * a body may take minutes, and a bearer may be revoked meanwhile.
 */
export async function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  c: RouteContext,
  authorise: Pick<Authorise, 'still'>,
): Promise<z.output<Schema>> {
  const body = await readJson(c.req.raw, c.env)
  authorise.still(c.get('principal'))
  return parse(schema, body, (issue) => plainIssue(issue))
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  error: typeof plainParameterIssue,
): z.output<Schema> {
  const parsed = schema.safeParse(input, { error })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part))
  const field = path.length === 0 ? '$' : formatJsonPath(path)
  const message = issue?.message ?? 'is not valid'
  throw new ProblemError(
    'INVALID_REQUEST',
    `${field === '$' ? 'The body' : `${field}:`} ${message}`,
    { field, try: nextStepOf(field, message, input) },
  )
}
