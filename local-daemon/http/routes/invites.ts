import { canonicalReach } from '../../../protocol/identity/reach.ts'
import { storedReach } from '../../access/accounts.ts'
import { jsonAnswer } from '../answers/answer.ts'
import {
  Invite,
  InviteList,
  InviteParams,
  ListedInvite,
  NewInvite,
  Pairing,
  Redemption,
} from '../schemas/access-schemas.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { listPage } from '../answers/list-page.ts'
import { parseBody, parseInput } from '../input/parse-input.ts'
import { PageQuery } from '../schemas/schemas.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { InviteRow } from '../../store/rows.ts'
import { mintedView } from './access-views.ts'
import type { RouteParts } from './route-parts.ts'

/** One-time codes: made by an admin, redeemed by a device, which gets its own account and bearer. */
export function addInvites({ router, authorise, store, invites, edge, did }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/invites',
      operationId: 'createInvite',
      summary: 'A one-time code that becomes an account',
      request: jsonBody(NewInvite),
      responses: { 201: answers(Invite, 'The code, shown this once') },
    },
    async (c) => {
      const { ttl_seconds: ttlSeconds, ...asked } = await parseBody(NewInvite, c, authorise)
      const principal = c.get('principal')
      const issuer = principal.kind === 'account' ? principal.tokenId : null
      const reach = asked.reach && canonicalReach(asked.reach)
      const made = await invites.create({ ...asked, reach, ttlSeconds, issuer })
      const { device, scopes } = asked
      const { id: invite_id, code, expiresAt: expires_at } = made
      const answer = { object: 'invite', invite_id, code, device, scopes, reach: reach ?? null }
      const rest = { expires_at, edge: await edge.settled() }
      return jsonAnswer(c.env, 201, JSON.stringify({ ...answer, ...rest }))
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/invites',
      operationId: 'listInvites',
      summary: 'All invites, the oldest first, never their codes',
      request: { query: PageQuery },
      responses: { 200: answers(InviteList, 'Invites') },
    },
    (c) => {
      const page = listPage(store.invites, parseInput(PageQuery, c.get('query')), store)
      return jsonAnswer(c.env, 200, page(viewOfInvite))
    },
  )

  router.on(
    {
      method: 'delete',
      path: '/v1/invites/{id}',
      operationId: 'cancelInvite',
      refuses: ['NOT_FOUND', 'CODE_USED'],
      summary: 'Take back an invite that was not redeemed',
      request: { params: InviteParams },
      responses: { 200: answers(ListedInvite, 'Taken back') },
    },
    async (c) => {
      const { id } = parseInput(InviteParams, c.req.param() as Record<string, string>)
      const found = requireInvite(store.invite(id))
      if (found.redeemed_at !== null) {
        throw new ProblemError('CODE_USED', 'This invite was redeemed', {
          try: 'Revoke the account that it made: spl service-account list.',
        })
      }
      await invites.revoke(id)
      return jsonAnswer(c.env, 200, JSON.stringify(viewOfInvite(requireInvite(store.invite(id)))))
    },
  )

  router.on(
    {
      method: 'post',
      path: '/v1/invites/redeem',
      operationId: 'redeemInvite',
      refuses: ['CODE_USED'],
      summary: 'Exchange a one-time code for a bearer',
      request: jsonBody(Redemption),
      responses: { 201: answers(Pairing, 'The bearer, shown this once') },
    },
    async (c) => {
      const { reach } = await parseBody(Redemption, c, authorise)
      const authorization = c.req.raw.headers.get('authorization')
      const { invite, ...fresh } = await invites.redeem(authorization, reach)
      // Before the answer, because the bearer must work at the gateway with the device's next request.
      await edge.settled()
      const minted = { ...mintedView(store, fresh), object: 'pairing' }
      const answer = { ...minted, device: invite.device, instance_did: did }
      return jsonAnswer(c.env, 201, JSON.stringify(answer))
    },
  )
}

function requireInvite(row: InviteRow | undefined): InviteRow {
  if (row !== undefined) return row
  throw new ProblemError('NOT_FOUND', 'There is no such invite here', {
    try: 'GET /v1/invites lists them.',
  })
}

function viewOfInvite(row: InviteRow) {
  return {
    object: 'invite',
    invite_id: row.id,
    device: row.device,
    scopes: JSON.parse(row.scopes) as string[],
    reach: storedReach(row.reach) ?? null,
    created_at: row.created_at,
    expires_at: row.expires_at,
    redeemed_at: row.redeemed_at,
    revoked_at: row.revoked_at ?? row.issuer_revoked_at,
  }
}
