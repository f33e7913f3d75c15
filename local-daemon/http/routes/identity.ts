import { accountDid } from '../../access/principal.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers } from '../schemas/describe.ts'
import { Identity } from '../schemas/access-schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /v1/identity`: who the caller is to the daemon. */
export function addIdentity({ router, did }: RouteParts): void {
  router.on(
    {
      method: 'get',
      path: '/v1/identity',
      operationId: 'getIdentity',
      summary: 'Whom the daemon takes you for, and what you may do',
      responses: { 200: answers(Identity, 'You') },
    },
    (c) => {
      const principal = c.get('principal')
      const account = principal.kind === 'account' ? principal : undefined
      const all = principal.kind === 'owner' ? ['admin'] : []
      return jsonAnswer(
        c.env,
        200,
        JSON.stringify({
          object: 'identity',
          instance_did: did,
          via: c.env.via,
          service_account_id: account?.account ?? null,
          did: account === undefined ? null : accountDid(account.account),
          scopes: account?.scopes ?? all,
          actors: account?.actors ?? [],
          namespace: account?.namespace ?? null,
          reach: account?.reach ?? null,
          expires_at: account?.expiresAt ?? null,
          client_address: c.env.clientAddress ?? null,
        }),
      )
    },
  )
}
