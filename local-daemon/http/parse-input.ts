import type { z } from '@hono/zod-openapi'
import { formatJsonPath } from '../../protocol/json-path.ts'
import { ProblemError } from '../config/problem-error.ts'

/**
 * The query or path parameters as a schema wants them. Throws `ProblemError` `INVALID_REQUEST` with the
 * parameter's name as `field`. Parameters that the schema does not know are left alone.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: Readonly<Record<string, string>>,
): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = formatJsonPath((issue?.path ?? []).map(String))
  throw new ProblemError('INVALID_REQUEST', `${field}: ${issue?.message ?? 'is not valid'}`, {
    field,
    try: 'See /openapi.json for what this route takes.',
  })
}
