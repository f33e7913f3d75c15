import { describe, expect, it } from 'vitest'
import { EDGE_LIMITS } from '../../../local-daemon/edge/limits.ts'
import { projectPolicy } from '../../../local-daemon/edge/project-policy.ts'
import { INITIAL_SETTINGS } from '../../../local-daemon/settings/setting-definitions.ts'
import type { TokenRow } from '../../../local-daemon/store/rows.ts'
import { parseToken } from '../../../protocol/identity/token.ts'
import { aDaemon, overSocket } from '../../support/daemon/a-daemon.ts'

type Json = Record<string, unknown>
const withBearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('the clock of the config thread', () => {
  it('cannot be used up in the daemon’s own name, for then no setting can be changed any more', async () => {
    await using at = await aDaemon()
    const spent = {
      thread: 'th_engine_config',
      actor: at.daemon.identity.did,
      act: 'KNOW',
      body: {},
      clock: Number.MAX_SAFE_INTEGER,
    }
    await at.post('/v1/records', spent)
    expect((await at.post('/v1/config/strict_actor_header', { value: true })).status).toBe(200)
  })
})

describe('an invite', () => {
  it('dies with the account that made it', async () => {
    await using at = await aDaemon()
    const thief = await at.tokenWith('admin')
    const asked = { device: 'back', scopes: ['admin'], ttl_seconds: 7 * 24 * 3600 }
    const answer = await at.post('/v1/invites', asked, withBearer(thief))
    const { code } = (await answer.json()) as Json
    await at.daemon.access.accounts.revokeAccount(parseToken(thief).saId, 'stolen')
    expect(await codeOf(at.post('/v1/invites/redeem', {}, withBearer(String(code))))).toBe(
      'AUTH_INVALID',
    )
    // The owner who looks for what the thief left behind sees that it is gone.
    const { data } = (await (await at.get('/v1/invites')).json()) as { data: Json[] }
    expect(data.map(({ revoked_at }) => typeof revoked_at)).toEqual(['number'])
  })

  it('can be seen and taken back by the owner', async () => {
    await using at = await aDaemon()
    const answer = await at.post('/v1/invites', { device: 'tv', scopes: ['records:read'] })
    const { code, invite_id: id } = (await answer.json()) as Json
    expect(await (await at.get('/v1/invites')).text()).toContain(String(id))
    const headers = withBearer(at.bearer)
    await fetch(`${at.base}/v1/invites/${String(id)}`, { method: 'DELETE', headers })
    expect(await codeOf(at.post('/v1/invites/redeem', {}, withBearer(String(code))))).toBe(
      'AUTH_INVALID',
    )
  })
})

describe('the last admin', () => {
  it('is not exchanged for one that is about to end, unless that is meant', async () => {
    await using at = await aDaemon()
    expect(await codeOf(at.post('/v1/tokens/self/rotate', { ttl_seconds: 1 }))).toBe('LOCKOUT')
    const [admin] = at.daemon.store.accounts()
    const path = `/v1/service-accounts/${admin?.id}/rotate`
    expect(await codeOf(at.post(path, { ttl_seconds: 1 }))).toBe('LOCKOUT')
    expect((await at.post(path, { ttl_seconds: 1, force: true })).status).toBe(201)
  })

  it('is left by two admins who exchange theirs at the same time', async () => {
    await using at = await aDaemon()
    const bearers = [at.bearer, await at.tokenWith('admin'), await at.tokenWith('admin')]
    for (const bearer of bearers) await at.get('/v1/identity', withBearer(bearer))
    // Handed over in one go, so that all are looked at before the first new token is signed.
    const asked = bearers.map((bearer) => {
      const headers = { ...withBearer(bearer), 'content-type': 'application/json' }
      const request = new Request(`${at.base}/v1/tokens/self/rotate`, {
        method: 'POST',
        headers: { ...headers, host: 'localhost' },
        body: '{"ttl_seconds":60}',
      })
      return codeOf(Promise.resolve(at.daemon.app.fetch(request, { via: 'loopback' })))
    })
    expect((await Promise.all(asked)).filter((code) => code === 'LOCKOUT')).toHaveLength(1)
  })

  it('is found behind ten thousand older tokens', async () => {
    await using at = await aDaemon()
    const { accounts } = at.daemon.access
    const { id, env } = at.daemon.store.account(
      await accounts.create({ name: 'many', scopes: ['records:read'] }),
    ) ?? { id: '', env: '' }
    const [first] = at.daemon.store.tokens()
    await at.daemon.store.transact((tx) => {
      for (let count = 0; count < 10_001; count += 1) {
        accounts.change(tx, {
          topic: 'token',
          token_id: count.toString(16).padStart(64, '0'),
          service_account_id: id,
          env,
          scopes: ['records:read'],
          created_at: 1,
          expires_at: null,
          reach: null,
        })
      }
    })
    const newest = await at.tokenWith('admin')
    const path = `${at.base}/v1/tokens/${first?.token_id}`
    const answer = await fetch(path, { method: 'DELETE', headers: withBearer(newest) })
    expect(answer.status).toBe(200)
  })
})

describe('the daemon’s own DID', () => {
  it.each(['records:write', 'admin'] as const)(
    'may not be written as, in the record or in the header, with %s',
    async (scope) => {
      await using at = await aDaemon()
      const own = at.daemon.identity.did
      const request = { name: 'poser', scopes: [scope], actors: [own] } as const
      const { token } = await at.daemon.access.accounts.createWithToken(request, null)
      const record = { thread: 'th_a', act: 'DO', body: {} }
      const header = { ...withBearer(token), 'x-syncropel-actor': own }
      const named = { ...record, actor: own }
      const asked = [
        codeOf(at.post('/v1/records', named, withBearer(token))),
        codeOf(at.post('/v1/records', record, header)),
        codeOf(at.post('/v1/records', named, header)),
      ]
      expect(await Promise.all(asked)).toEqual(Array(3).fill('DID_CLAIM_DENIED'))
      const overSocketToo = await overSocket(at.daemon.home.socket, '/v1/records', {
        method: 'POST',
        body: JSON.stringify(named),
      })
      expect([overSocketToo.status, at.daemon.store.thread('th_a')]).toEqual([403, undefined])
    },
  )
})

describe('what the edge is told', () => {
  it('is no list at all when there are more tokens than it holds, so that home decides', async () => {
    const row = {
      token_id: 'aa',
      scopes: '["records:read"]',
      expires_at: null,
      reach: null,
    } as TokenRow
    const rows = (count: number) => ({ liveTokens: () => Array.from({ length: count }, () => row) })
    const { edgeTokens } = EDGE_LIMITS
    const told = (count: number) => projectPolicy(rows(count), INITIAL_SETTINGS, 1, 0).tokens
    expect([told(edgeTokens), told(edgeTokens + 1)]).toEqual([{ aa: expect.anything() }, null])
  })
})

async function codeOf(asked: Promise<Response>): Promise<unknown> {
  return ((await (await asked).json()) as Json)['code']
}
