import { canonicalReach } from '../../../protocol/identity/reach.ts'
import { expiryAfter, latestExpiry, requireActive } from '../../access/accounts.ts'
import { grantOf, narrowedReach, replacingReach } from '../../access/reach/granted-reach.ts'
import { guardRevocation, guardExchange } from '../../access/lockout.ts'
import { jsonAnswer } from '../answers/answer.ts'
import {
  AccountList,
  AccountParams,
  AccountWithTokens,
  ChangedAccount,
  CreatedAccount,
  NewAccount,
  RevokeAccountQuery,
  Rotated,
  Rotation,
} from '../schemas/access-schemas.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { listPage, pageOf } from '../answers/list-page.ts'
import { parseBody, parseInput } from '../input/parse-input.ts'
import type { StoreTransactor } from '../../store/transactor.ts'
import type { RouteContext } from '../router.ts'
import { PageQuery } from '../schemas/schemas.ts'
import {
  accountView,
  mintedView,
  requireAccount,
  viewOfAccount,
  viewOfToken,
} from './access-views.ts'
import type { RouteParts } from './route-parts.ts'

/** Service accounts: who may have tokens, and for what. */
export function addServiceAccounts({
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
      path: '/v1/service-accounts',
      operationId: 'createServiceAccount',
      summary: 'Make a service account, with a token if asked',
      request: jsonBody(NewAccount),
      responses: { 201: answers(CreatedAccount, 'The account') },
    },
    async (c) => {
      const asked = await parseBody(NewAccount, c, authorise)
      const { with_token: withToken, ttl_seconds: ttl, ...given } = asked
      const request = { ...given, reach: given.reach && canonicalReach(given.reach) }
      const expiresAt = expiryAfter(ttl)
      const fresh = withToken ? await accounts.createWithToken(request, expiresAt) : undefined
      const id = fresh?.account ?? (await accounts.create(request))
      const minted = fresh === undefined ? null : mintedView(store, fresh)
      const answer = { ...accountView(store, id), minted }
      return jsonAnswer(c.env, 201, JSON.stringify({ ...answer, edge: await edge.settled() }))
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/service-accounts',
      operationId: 'listServiceAccounts',
      summary: 'All service accounts, the oldest first',
      request: { query: PageQuery },
      responses: { 200: answers(AccountList, 'Accounts') },
    },
    (c) => {
      const query = parseInput(PageQuery, c.get('query'))
      const page = listPage(store.accounts, query, store)
      return jsonAnswer(c.env, 200, page(viewOfAccount))
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/service-accounts/{id}',
      operationId: 'getServiceAccount',
      refuses: ['NOT_FOUND'],
      summary: 'One service account and its tokens',
      request: { params: AccountParams, query: PageQuery },
      responses: { 200: answers(AccountWithTokens, 'The account') },
    },
    (c) => {
      const id = idOf(c)
      const query = parseInput(PageQuery, c.get('query'))
      const read = (after: number, limit: number) => store.tokensOf(id, after, limit)
      const { rows, ...end } = pageOf(read, query, store)
      const answer = { ...accountView(store, id), tokens: rows.map(viewOfToken), ...end }
      return jsonAnswer(c.env, 200, JSON.stringify(answer))
    },
  )

  router.on(
    {
      method: 'delete',
      path: '/v1/service-accounts/{id}',
      operationId: 'revokeServiceAccount',
      refuses: ['NOT_FOUND', 'LOCKOUT'],
      summary: 'Revoke an account and all its tokens, for good',
      request: { params: AccountParams, query: RevokeAccountQuery },
      responses: { 200: answers(ChangedAccount, 'Revoked') },
    },
    async (c) => {
      const id = idOf(c)
      const { reason, force } = parseInput(RevokeAccountQuery, c.get('query'))
      requireAccount(store, id)
      await accounts.revokeAccount(id, reason ?? null, (tx) => {
        if (force === 'true') return
        guardRevocation(tx, settings.values, 'Revoking this account', (row) => row.account === id)
      })
      const answer = { ...accountView(store, id), edge: await edge.settled() }
      return jsonAnswer(c.env, 200, JSON.stringify(answer))
    },
  )

  router.on(
    {
      method: 'post',
      path: '/v1/service-accounts/{id}/rotate',
      operationId: 'rotateServiceAccount',
      refuses: ['NOT_FOUND', 'LOCKOUT'],
      summary: 'Mint a token, then revoke the account’s others',
      request: { params: AccountParams, ...jsonBody(Rotation) },
      responses: { 201: answers(Rotated, 'The new token') },
    },
    async (c) => {
      const { ttl_seconds: ttl, force, reach: place } = await parseBody(Rotation, c, authorise)
      const account = requireActive(store.account(idOf(c)))
      const asked = expiryAfter(ttl)
      // Without a wish the new token lives as long as those that it replaces, so there is nothing to guard.
      const expiresAt = asked ?? ((tx: StoreTransactor) => latestExpiry(tx, account.id))
      const reach = (tx: StoreTransactor, ended: readonly string[]) => {
        const replaced = tx.tokensOf(account.id).filter((token) => ended.includes(token.token_id))
        return place === undefined
          ? replacingReach(account, replaced)
          : narrowedReach(grantOf(account), place, tx)
      }
      const { revoked, ...fresh } = await accounts.mint({ ...account, reach }, expiresAt, (tx) => {
        if (!force && asked !== null)
          guardExchange(tx, account.scopes, asked, (row) => row.account === account.id)
        const live = tx.tokensOf(account.id).filter((token) => token.revoked_at === null)
        return live.map(({ token_id }) => token_id)
      })
      const answer = { ...mintedView(store, fresh), revoked, edge: await edge.settled() }
      return jsonAnswer(c.env, 201, JSON.stringify(answer))
    },
  )
}

function idOf(c: RouteContext): string {
  return parseInput(AccountParams, c.req.param() as Record<string, string>).id
}
