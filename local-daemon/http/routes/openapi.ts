import { jsonAnswer } from '../answers/answer.ts'
import { apiDocument } from '../schemas/api-document.ts'
import { answers } from '../schemas/describe.ts'
import { OpenApiDocument } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /openapi.json`, written once, at the first request. Add it last. */
export function addOpenApi({ router }: RouteParts): void {
  let document: string | undefined
  router.on(
    {
      method: 'get',
      path: '/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This description',
      responses: { 200: answers(OpenApiDocument, 'OpenAPI 3.1') },
    },
    (c) => {
      document ??= JSON.stringify(apiDocument(router.hono))
      return jsonAnswer(c.env, 200, document)
    },
  )
}
