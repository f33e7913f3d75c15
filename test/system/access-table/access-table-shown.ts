import { randomBytes } from 'node:crypto'
import { nowSeconds } from '../../../local-daemon/access/accounts.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { INVITE_PATH, makeCode, parseCode } from '../../../protocol/identity/signed-code.ts'
import { mintTokenPayload, tokenId } from '../../../protocol/identity/token.ts'
import { ADA } from '../../support/daemon/a-daemon.ts'
import { anIdentity } from '../../support/test-identity.ts'
import type { Shows } from './access-table-credentials.ts'
import type { AccessStage } from './access-table-stage.ts'

/** What is added to a request. */
export interface Shown {
  readonly headers?: readonly (readonly [string, string])[]
  /** Name and value of one query parameter, repeated for each value. */
  readonly query?: readonly [name: string, ...values: string[]]
}

/** @param path of the route that is asked, for tickets */
export type Show = (path: string) => Shown | Promise<Shown>

const STREAMS = [
  '/v1/sync/subscribe',
  '/v1/sync/changes',
  '/v1/connection',
  '/v1/connection/events',
] as const

/** What shows each credential, real and of its own for each request. Bearers that must not count are an admin's. */
export async function credentialsOf(stage: AccessStage): Promise<Readonly<Record<Shows, Show>>> {
  const { identity, store, access } = stage.daemon
  const { accounts, invites } = access
  const stranger = anIdentity()
  const fresh = (scopes: readonly Scope[], expiresAt: number | null = null) =>
    accounts.createWithToken({ name: 'table', scopes, actors: [ADA] }, expiresAt)
  const good = await fresh(['admin'])
  const own = { env: 'prod', saId: good.account, sign: identity.sign }

  const revoked = await fresh(['admin'])
  await accounts.revokeToken(revoked.tokenId)
  const ended = await fresh(['admin'])
  await accounts.revokeAccount(ended.account, null)
  const misplaced = mintTokenPayload({ ...own, env: 'test', random: randomBytes(16) })
  const forged = mintTokenPayload({ ...own, random: randomBytes(16), sign: stranger.sign })
  // Both are in the store, so that only the env or the signature can tell.
  for (const { secret } of [misplaced, forged]) await keep(secret)
  const unknown = mintTokenPayload({ ...own, random: randomBytes(16) })
  const expired = await fresh(['admin'], nowSeconds() - 1)
  const usedInvite = await anInvite()
  await invites.redeem(`Bearer ${usedInvite}`)

  const aTicket = await ticketOffice(stage)
  async function aUsedTicket(path: string): Promise<string> {
    const ticket = await aTicket(path)
    await stage.ask(stage.direct, { method: 'GET', target: `${streamOf(path)}?ticket=${ticket}` })
    return ticket
  }

  return {
    nothing: () => ({}),
    'malformed bearer': bearer('spl_prod_nonsense'),
    'bearer signed by another instance': bearer(forged.token),
    'bearer with its env altered': bearer(good.token.replace('spl_prod_', 'spl_test_')),
    'bearer stored for another env': bearer(misplaced.token),
    'bearer that was never stored': bearer(unknown.token),
    'expired bearer': bearer(expired.token),
    'revoked bearer': bearer(revoked.token),
    'bearer of a revoked account': bearer(ended.token),
    'Authorization twice': () => ({ headers: [field(good.token), field(good.token)] }),
    'Proxy-Authorization only': () => ({
      headers: [['proxy-authorization', `Bearer ${good.token}`]],
    }),
    'bearer in the query': () => ({ query: ['access_token', good.token] }),
    'bearer as ticket': () => ({ query: ['ticket', good.token] }),
    'bearer without scopes': bearerWith(),
    'bearer with records:read only': bearerWith('records:read'),
    'bearer with records:write only': bearerWith('records:write'),
    'bearer with threads:write only': bearerWith('threads:write'),
    'bearer with federation:manage only': bearerWith('federation:manage'),
    'bearer with config:read only': bearerWith('config:read'),
    'bearer with config:write only': bearerWith('config:write'),
    'bearer with admin only': bearerWith('admin'),
    'good ticket': async (path) => ({ query: ['ticket', await aTicket(path)] }),
    'two good tickets': async (path) => ({
      query: ['ticket', await aTicket(path), await aTicket(path)],
    }),
    'used ticket': async (path) => ({ query: ['ticket', await aUsedTicket(path)] }),
    'ticket for another path': async (path) => ({ query: ['ticket', await aTicket(other(path))] }),
    'ticket signed by another instance': (path) => ({
      query: ['ticket', aCode('ticket', streamOf(path))],
    }),
    'resume code as bearer': (path) => bearer(aLeave(path))(),
    'resume code as ticket': (path) => ({ query: ['ticket', aLeave(path)] }),
    'resume code in X-Spl-Resume': (path) => ({ headers: [['x-spl-resume', aLeave(path)]] }),
    'good invite': async () => bearer(await anInvite())(),
    'used invite': bearer(usedInvite),
    'invite signed by another instance': bearer(
      aCode('invite', INVITE_PATH, nonceOf(await anInvite())),
    ),
  }

  async function anInvite(): Promise<string> {
    const request = { device: 'phone', ttlSeconds: 600, issuer: null } as const
    return (await invites.create({ ...request, scopes: ['records:read'] })).code
  }

  /** What the gateway would resume an admin's stream with. */
  function aLeave(path: string): string {
    const nonce = Buffer.from(good.tokenId, 'hex').subarray(0, 16)
    const { sign } = identity
    return makeCode({ kind: 'resume', path, nonce, expires: nowSeconds() + 600, sign })
  }

  /** A code that another instance has signed. */
  function aCode(
    kind: 'ticket' | 'invite',
    path: string,
    nonce: Uint8Array = randomBytes(16),
  ): string {
    const { sign } = stranger
    return makeCode({ kind, path, nonce, expires: nowSeconds() + 600, sign })
  }

  async function keep(secret: string): Promise<void> {
    const id = await tokenId(secret)
    await store.transact((tx) =>
      accounts.change(tx, {
        topic: 'token',
        token_id: id,
        service_account_id: good.account,
        env: 'prod',
        scopes: ['admin'],
        created_at: nowSeconds(),
        expires_at: null,
        reach: null,
      }),
    )
  }

  /** One bearer for all routes, but one for each request that exchanges it. */
  function bearerWith(...scopes: Scope[]): Show {
    const shared = fresh(scopes)
    return async (path) => {
      const { token } = await (path === '/v1/tokens/self/rotate' ? fresh(scopes) : shared)
      return bearer(token)()
    }
  }
}

function nonceOf(code: string): Uint8Array {
  const parsed = parseCode(code)
  if (parsed === undefined) throw new Error('not a code')
  return parsed.nonce
}

/** Gets tickets as a page does. Few may wait unused for one account, so there are several. */
async function ticketOffice({ daemon, direct, ask }: AccessStage) {
  const account = { name: 'viewer', scopes: ['records:read'] } as const
  const made = Array.from({ length: 12 }, () =>
    daemon.access.accounts.createWithToken(account, null),
  )
  const viewers = await Promise.all(made)
  let next = 0
  return async (path: string): Promise<string> => {
    const { token } = viewers[next++ % viewers.length] ?? { token: '' }
    const { status, body } = await ask(direct, {
      method: 'POST',
      target: '/v1/stream-tickets',
      headers: [field(token)],
      json: { path: streamOf(path) },
    })
    if (status !== 201) throw new Error(`no ticket: ${JSON.stringify(body)}`)
    return String(body['ticket'])
  }
}

/** The path itself, if tickets are for it. */
function streamOf(path: string): string {
  return STREAMS.find((stream) => stream === path) ?? STREAMS[0]
}

function other(path: string): string {
  return STREAMS.find((stream) => stream !== streamOf(path)) ?? STREAMS[0]
}

function bearer(token: string): () => Shown {
  return () => ({ headers: [field(token)] })
}

function field(token: string): readonly [string, string] {
  return ['authorization', `Bearer ${token}`]
}
