import { jsonAnswer } from '../answer.ts'
import { Invite, NewInvite, Nothing, Pairing } from '../access-schemas.ts'
import { answers, jsonBody, PROBLEM } from '../describe.ts'
import { parseBody } from '../parse-input.ts'
import { tokenView } from './access-views.ts'
import type { RouteParts } from './route-parts.ts'

/** One-time codes: made by an admin, redeemed by a device, which gets an account and a bearer of its own. */
export function addInvites({ router, store, invites, edge, did }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/invites',
      summary: 'A one-time code that becomes an account',
      request: jsonBody(NewInvite),
      responses: { 201: answers(Invite, 'The code, shown this once'), ...PROBLEM },
    },
    async (c) => {
      const { ttl_seconds: ttlSeconds, ...asked } = await parseBody(NewInvite, c.req.raw, c.env)
      const { code, id, expiresAt } = invites.create({ ...asked, ttlSeconds })
      const { device, scopes } = asked
      const answer = { object: 'invite', invite_id: id, code, device, scopes }
      const rest = { expires_at: expiresAt, edge: await edge.settled() }
      return jsonAnswer(c.env, 201, JSON.stringify({ ...answer, ...rest }))
    },
  )

  router.on(
    {
      method: 'post',
      path: '/v1/invites/redeem',
      summary: 'Exchange a one-time code for a bearer',
      request: jsonBody(Nothing),
      responses: { 201: answers(Pairing, 'The bearer, shown this once'), ...PROBLEM },
    },
    async (c) => {
      await parseBody(Nothing, c.req.raw, c.env)
      const { token, tokenId, invite } = await invites.redeem(
        c.req.raw.headers.get('authorization'),
      )
      // Before the answer: the bearer is to work at the gateway with the device's very next request.
      await edge.settled()
      const minted = { ...tokenView(store, tokenId), token, object: 'pairing' }
      const answer = { ...minted, device: invite.device, instance_did: did }
      return jsonAnswer(c.env, 201, JSON.stringify(answer))
    },
  )
}
