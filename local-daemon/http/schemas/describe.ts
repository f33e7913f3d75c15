import type { z } from '@hono/zod-openapi'
import { LINES_TYPE } from '../input/lines-type.ts'

/** An answer with a JSON body, for OpenAPI. */
export function answers(schema: z.ZodType, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A request with a JSON body, for OpenAPI. */
export function jsonBody(schema: z.ZodType) {
  return { body: { required: true, content: { 'application/json': { schema } } } }
}

/**
 * An event stream, for OpenAPI: text, with what the data of its events is beside it.
 * @param data names of schemas by event
 */
export function streams(description: string, data: Readonly<Record<string, string>>) {
  const refs = Object.entries(data).map(([event, name]) => [
    event,
    { $ref: `#/components/schemas/${name}` },
  ])
  const schema = { type: 'string' as const, 'x-event-data': Object.fromEntries(refs) as object }
  return { description, content: { 'text/event-stream': { schema } } }
}

/**
 * A JSON value in each line, for OpenAPI: text, with what the values are beside it.
 * @param lines names of schemas
 */
export function linesOf(...lines: readonly string[]) {
  const refs = lines.map((name) => ({ $ref: `#/components/schemas/${name}` }))
  const schema = { type: 'string' as const, 'x-lines': refs as object[] }
  return { content: { [LINES_TYPE]: { schema } } }
}
