import type { z } from '@hono/zod-openapi'

/** The refusal of something that is no object names the form of one. @param example JSON that the field takes */
export function formOf(example: string) {
  return {
    error: ({ code }: z.core.$ZodRawIssue) =>
      code === 'invalid_type' ? `must be an object, such as ${example}` : undefined,
  }
}
