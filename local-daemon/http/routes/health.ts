import { VERSION } from '../../config/version.ts'
import { jsonAnswer } from '../answer.ts'
import { answers } from '../describe.ts'
import { Health } from '../schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /health`: alive, and who it is. Open to everybody, so nothing else is told. */
export function addHealth({ router, did }: RouteParts): void {
  const body = JSON.stringify({ status: 'ok', version: VERSION, instance_did: did })
  router.on(
    {
      method: 'get',
      path: '/health',
      summary: 'Whether the daemon answers, and which one',
      responses: { 200: answers(Health, 'It does') },
    },
    (c) => jsonAnswer(c.env, 200, body),
  )
}
