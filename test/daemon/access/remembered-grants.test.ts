import { afterEach, describe, expect, it, vi } from 'vitest'
import { BearerCheck } from '../../../local-daemon/access/bearer.ts'
import { parseToken, tokenId } from '../../../protocol/identity/token.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

/** A check of bearers that counts how often it asks the store for a token. */
function aCountedCheck({ daemon }: TestDaemon) {
  let reads = 0
  const { store } = daemon
  const counting = {
    ...store,
    token: (id: string) => {
      reads += 1
      return store.token(id)
    },
  }
  return {
    bearers: new BearerCheck(counting, daemon.identity, { note: () => {} }),
    reads: () => reads,
  }
}

describe('a grant that was checked', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is read once from the store for many requests, and again when an account has changed', async () => {
    await using at = await aDaemon()
    const id = await tokenId(parseToken(at.bearer).secret)
    const { bearers, reads } = aCountedCheck(at)
    for (let n = 0; n < 100; n += 1) expect(bearers.endOf(id)).toBeUndefined()
    expect(reads()).toBe(1)
    await at.tokenWith('records:read')
    expect(bearers.endOf(id)).toBeUndefined()
    expect(reads()).toBe(2)
  })

  it('has ended once its token is revoked', async () => {
    await using at = await aDaemon()
    const id = await tokenId(parseToken(await at.tokenWith('records:write')).secret)
    const { bearers } = aCountedCheck(at)
    expect(bearers.endOf(id)).toBeUndefined()
    const authorization = `Bearer ${at.bearer}`
    const url = `${at.base}/v1/tokens/${id}`
    expect((await fetch(url, { method: 'DELETE', headers: { authorization } })).status).toBe(200)
    expect(bearers.endOf(id)).toBe('AUTH_REVOKED')
  })

  it('has ended once its token has expired', async () => {
    await using at = await aDaemon()
    const answer = await at.post('/v1/service-accounts', {
      name: 'tv',
      with_token: true,
      ttl_seconds: 60,
    })
    const { minted } = (await answer.json()) as { minted: { token: string } }
    const id = await tokenId(parseToken(minted.token).secret)
    const { bearers } = aCountedCheck(at)
    expect(bearers.endOf(id)).toBeUndefined()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    expect(bearers.endOf(id)).toBe('AUTH_INVALID')
  })
})
