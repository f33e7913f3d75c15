import { describe, expect, it, vi } from 'vitest'
import { TokenUses } from '../../../local-daemon/access/token-uses.ts'
import { ACCESS_LIMITS } from '../../../local-daemon/access/limits.ts'
import { parseToken, tokenId } from '../../../protocol/identity/token.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

interface Listed {
  readonly token_id: string
  readonly last_used_at: number | null
}

describe('the last use of a token', () => {
  it('is listed, and outlives a restart', async () => {
    await using at = aKeptHome()
    await at.start()
    const fresh = await at
      .daemon()
      .access.accounts.createWithToken({ name: 'tv', scopes: [] }, null)
    const before = Math.floor(Date.now() / 1000)
    await at.ask('/v1/identity')
    await at.daemon().access.uses.write()
    const own = await tokenId(parseToken(at.bearer()).secret)
    for (const restart of [false, true]) {
      if (restart) {
        await at.stop()
        await at.start()
      }
      const { data } = (await (await at.ask('/v1/tokens')).json()) as { data: Listed[] }
      const used = (id: string) => data.find(({ token_id }) => token_id === id)?.last_used_at
      expect(used(own)).toBeGreaterThanOrEqual(before)
      expect(used(fresh.tokenId)).toBeNull()
    }
  })

  it('is written at most once in ten minutes, even if it is used often', async () => {
    await using at = aKeptHome()
    const { store } = await at.start()
    let writes = 0
    const counting = {
      ...store,
      transact: (work: Parameters<typeof store.transact>[0]) => {
        writes += 1
        return store.transact(work)
      },
    } as typeof store
    const uses = new TokenUses(counting)
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    try {
      for (let minute = 0; minute < 60; minute += 1) {
        for (let n = 0; n < 100; n += 1) uses.note('a'.repeat(64))
        await uses.write()
        vi.advanceTimersByTime(60_000)
      }
    } finally {
      vi.useRealTimers()
    }
    expect(writes).toBe((60 * 60_000) / ACCESS_LIMITS.tokenUseMs)
  })
})
