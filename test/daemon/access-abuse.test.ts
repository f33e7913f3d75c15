import { describe, expect, it } from 'vitest'
import { parseToken } from '../../protocol/token.ts'
import { aDaemon } from './a-daemon.ts'

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
    at.daemon.access.accounts.revokeAccount(parseToken(thief).saId, 'stolen')
    const redeemed = await at.post('/v1/invites/redeem', {}, withBearer(String(code)))
    expect(redeemed.status).not.toBe(201)
  })

  it('can be seen and taken back by the owner', async () => {
    await using at = await aDaemon()
    const answer = await at.post('/v1/invites', { device: 'tv', scopes: ['records:read'] })
    const { code, invite_id: id } = (await answer.json()) as Json
    expect(await (await at.get('/v1/invites')).text()).toContain(String(id))
    const headers = withBearer(at.bearer)
    await fetch(`${at.base}/v1/invites/${String(id)}`, { method: 'DELETE', headers })
    const redeemed = await at.post('/v1/invites/redeem', {}, withBearer(String(code)))
    expect(redeemed.status).not.toBe(201)
  })
})

describe('the last admin', () => {
  it('is not exchanged for one that is about to end, unless that is meant', async () => {
    await using at = await aDaemon()
    const answer = await at.post('/v1/tokens/self/rotate', { ttl_seconds: 1 })
    expect(((await answer.json()) as Json)['code']).toBe('LOCKOUT')
  })
})
