import type { z } from '@hono/zod-openapi'
import { formatJsonPath } from '../../protocol/json-path.ts'
import { ProblemError } from '../config/problem-error.ts'
import { readJson } from './read-json.ts'
import type { RequestFacts } from './request-facts.ts'

/**
 * The query or path parameters as a schema wants them. Throws `ProblemError` `INVALID_REQUEST` with the
 * parameter's name as `field`. Parameters that the schema does not know are left alone.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: Readonly<Record<string, string>>,
): z.output<Schema> {
  return parse(schema, input)
}

/** The same of a JSON body; `readJson` says what else it throws. */
export async function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
  facts: RequestFacts,
): Promise<z.output<Schema>> {
  return parse(schema, await readJson(request, facts))
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part))
  const field = path.length === 0 ? '$' : formatJsonPath(path)
  throw new ProblemError('INVALID_REQUEST', `${field}: ${issue?.message ?? 'is not valid'}`, {
    field,
    try: 'See /openapi.json for what this route takes.',
  })
}
