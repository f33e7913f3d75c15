import { expiryAfter, requireActive } from '../../access/accounts.ts'
import { grantOf, narrowedReach } from '../../access/reach/granted-reach.ts'
import { guardRevocation, guardExchange } from '../../access/lockout.ts'
import { RotationLimit } from '../../access/rotation-limit.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { StoreTransactor } from '../../store/transactor.ts'
import { jsonAnswer } from '../answers/answer.ts'
import {
  ChangedToken,
  NewlyMinted,
  NewToken,
  RevokeTokenQuery,
  Rotated,
  Rotation,
  TokenList,
  TokenParams,
  TokensQuery,
} from '../schemas/access-schemas.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { listPage } from '../answers/list-page.ts'
import { parseBody, parseInput } from '../input/parse-input.ts'
import { PageQuery } from '../schemas/schemas.ts'
import { mintedView, tokenView, viewOfToken } from './access-views.ts'
import type { RouteParts } from './route-parts.ts'

/** Tokens: bearers by their hashes. Plain text is in the answer that mints one, and nowhere else. */
export function addTokens({
  router,
  authorise,
  store,
  accounts,
  edge,
  settings,
}: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/tokens',
      operationId: 'mintToken',
      refuses: ['NOT_FOUND'],
      summary: 'Mint a token of a service account',
      request: jsonBody(NewToken),
      responses: { 201: answers(NewlyMinted, 'The bearer, shown this once') },
    },
    async (c) => {
      const asked = await parseBody(NewToken, c, authorise)
      const account = requireActive(store.account(asked.service_account_id))
      const reach = (tx: StoreTransactor) => narrowedReach(grantOf(account), asked.reach, tx)
      const fresh = await accounts.mint({ ...account, reach }, expiryAfter(asked.ttl_seconds))
      const answer = { ...mintedView(store, fresh), edge: await edge.settled() }
      return jsonAnswer(c.env, 201, JSON.stringify(answer))
    },
  )

  const rotations = new RotationLimit()
  const ListQuery = PageQuery.extend(TokensQuery.shape)
  router.on(
    {
      method: 'get',
      path: '/v1/tokens',
      operationId: 'listTokens',
      summary: 'Tokens, the oldest first, never in plain text',
      request: { query: ListQuery },
      responses: { 200: answers(TokenList, 'Tokens') },
    },
    (c) => {
      const query = parseInput(ListQuery, c.get('query'))
      const { service_account_id: account } = query
      const read = (after: number, limit: number) =>
        account === undefined ? store.tokens(after, limit) : store.tokensOf(account, after, limit)
      return jsonAnswer(c.env, 200, listPage(read, query, store)(viewOfToken))
    },
  )

  router.on(
    {
      method: 'delete',
      path: '/v1/tokens/{id}',
      operationId: 'revokeToken',
      refuses: ['NOT_FOUND', 'LOCKOUT'],
      summary: 'Revoke a token, for good',
      request: { params: TokenParams, query: RevokeTokenQuery },
      responses: { 200: answers(ChangedToken, 'Revoked') },
    },
    async (c) => {
      const { id } = parseInput(TokenParams, c.req.param() as Record<string, string>)
      const { force } = parseInput(RevokeTokenQuery, c.get('query'))
      tokenView(store, id)
      await accounts.revokeToken(id, (tx) => {
        if (force === 'true') return
        guardRevocation(tx, settings.values, 'Revoking this token', (row) => row.token_id === id)
      })
      const answer = { ...tokenView(store, id), edge: await edge.settled() }
      return jsonAnswer(c.env, 200, JSON.stringify(answer))
    },
  )

  router.on(
    {
      method: 'post',
      path: '/v1/tokens/self/rotate',
      operationId: 'rotateOwnToken',
      refuses: ['LOCKOUT'],
      summary: 'Exchange the bearer that you send for a new one of the same account',
      request: jsonBody(Rotation),
      responses: { 201: answers(Rotated, 'The new bearer') },
    },
    async (c) => {
      const { ttl_seconds: ttl, force, reach } = await parseBody(Rotation, c, authorise)
      const principal = c.get('principal')
      if (principal.kind !== 'account') {
        throw new ProblemError('AUTH_REQUIRED', 'Only a bearer token can be exchanged', {
          try: 'Send the bearer over TCP, or rotate its account: spl token rotate <account>.',
        })
      }
      rotations.count(principal.account)
      const account = requireActive(store.account(principal.account))
      // A token keeps the scopes it was minted with. An exchange does not extend its lifetime, nor its reach.
      const asked = expiryAfter(ttl)
      const expiresAt = earlier(principal.expiresAt, asked)
      const same = {
        ...account,
        scopes: JSON.stringify(principal.scopes),
        reach: (tx: StoreTransactor) => narrowedReach(principal, reach, tx),
      }
      const { tokenId } = principal
      const fresh = await accounts.mint(same, expiresAt, (tx) => {
        // Of several requests at once with one bearer, only one gets the next.
        if (tx.token(tokenId)?.revoked_at !== null) authorise.still(principal)
        if (!force && asked !== null) {
          guardExchange(tx, same.scopes, expiresAt, (row) => row.token_id === tokenId)
        }
        return [tokenId]
      })
      const answer = {
        ...mintedView(store, fresh),
        revoked: [tokenId],
        edge: await edge.settled(),
      }
      return jsonAnswer(c.env, 201, JSON.stringify(answer))
    },
  )
}

function earlier(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right
  return Math.min(left, right)
}
