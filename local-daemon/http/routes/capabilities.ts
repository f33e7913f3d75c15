import { ACTS } from '../../../protocol/records/record.ts'
import { NAMESPACE_LIMITS } from '../../../protocol/identity/namespace-name.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { ACCESS_LIMITS } from '../../access/limits.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { REQUEST_LIMITS } from '../../requests/limits.ts'
import { VERSION } from '../../process/version.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers } from '../schemas/describe.ts'
import { Capabilities } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

const HASHED_FIELDS = ['act', 'actor', 'body', 'clock', 'data_type', 'parents', 'thread'] as const

/** `GET /.well-known/syncropel`: versions and limits of this daemon. Open, so it says no more. */
export function addCapabilities({ router, did, settings }: RouteParts): void {
  router.on(
    {
      method: 'get',
      path: '/.well-known/syncropel',
      operationId: 'getCapabilities',
      summary: 'What the daemon speaks, and its limits',
      responses: { 200: answers(Capabilities, 'Capabilities') },
    },
    (c) => {
      const { token_requests_per_second, token_burst } = settings.values
      return jsonAnswer(
        c.env,
        200,
        JSON.stringify({
          object: 'capabilities_manifest',
          manifest_version: '1',
          instance_did: did,
          daemon: { version: VERSION, api_version: 'v1' },
          auth: { schemes: ['bearer'], stream_tickets: true, invites: true },
          did_methods: ['did:key', 'did:sync'],
          record: { hashed_fields: HASHED_FIELDS, acts: ACTS },
          transports: ['http', 'sse'],
          limits: {
            request_body_bytes: REQUEST_LIMITS.bodyBytes,
            record_body_bytes: LIMITS.recordBytes,
            request_head_bytes: HTTP_LIMITS.headBytes,
            request_header_fields: LIMITS.headerFields,
            request_target_bytes: LIMITS.targetBytes,
            list_items: HTTP_LIMITS.listMax,
            changes_items: HTTP_LIMITS.changesMax,
            namespaces: ACCESS_LIMITS.namespaces,
            namespace_levels: NAMESPACE_LIMITS.levels,
            token_requests_per_second,
            token_burst,
          },
        }),
      )
    },
  )
}
