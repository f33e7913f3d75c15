import type { z } from '@hono/zod-openapi'
import { ProblemSchema } from './schemas.ts'

/** An answer with a JSON body, for OpenAPI. */
export function answers(schema: z.ZodType, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A request with a JSON body, for OpenAPI. */
export function jsonBody(schema: z.ZodType) {
  return { body: { required: true, content: { 'application/json': { schema } } } }
}

/** Every error has the one envelope. */
export const PROBLEM = { default: answers(ProblemSchema, 'The error envelope') }
