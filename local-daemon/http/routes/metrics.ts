import { EXPOSITION_TYPE } from '../../../protocol/http/exposition.ts'
import { textAnswer } from '../answers/answer.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /metrics`: for Prometheus. Not open: it shows how often the daemon is used. */
export function addMetrics({ router, observation }: RouteParts): void {
  router.on(
    {
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Metrics in the text format of Prometheus',
      responses: {
        200: { description: 'Metrics', content: { 'text/plain': { schema: { type: 'string' } } } },
      },
    },
    (c) => textAnswer(c.env, EXPOSITION_TYPE, observation.metrics()),
  )
}
