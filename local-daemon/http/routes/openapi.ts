import { VERSION } from '../../config/version.ts'
import { jsonAnswer } from '../answer.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /openapi.json`, written once, when it is first asked for. Add it last. */
export function addOpenApi({ router }: RouteParts): void {
  let document: string | undefined
  router.on(
    {
      method: 'get',
      path: '/openapi.json',
      summary: 'This description',
      responses: { 200: { description: 'OpenAPI 3.1' } },
    },
    (c) => {
      document ??= JSON.stringify(
        router.hono.getOpenAPI31Document({
          openapi: '3.1.0',
          info: { title: 'spl', version: VERSION, description: 'A store of signed records' },
        }),
      )
      return jsonAnswer(c.env, 200, document)
    },
  )
}
