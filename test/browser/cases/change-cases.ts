import { expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { HOPS, type BrowserStage, type Hop } from '../a-browser-stage.ts'
import type { OpenPage } from '../open-page.ts'

const HIDDEN = 'TypeError: MissingAllowOriginHeader'
const HELD_BACK = 'TypeError: PreflightMissingAllowOriginHeader'

/** The list of origins changes while pages are open, and outlives restarts. Puts back what it changes. */
export function changeCases(stage: () => BrowserStage): void {
  const asks = async (page: OpenPage, hop: Hop, path = '/v1/threads') => {
    const headers = { authorization: `Bearer ${stage().bearers.admin}` }
    return (await page.ask(stage().url(hop, path), { headers })).outcome
  }
  const setOrigins = async (...sites: readonly ('allowed' | 'other' | 'public')[]) => {
    const origins = sites.map((site) => stage().sites[site].origin)
    expect(await stage().set('auth_cors_origins', origins)).toBe('applied')
  }

  test.each(HOPS)('an origin that is added may call by %s at once', async (hop) => {
    const { other } = stage()
    expect(await asks(other, hop)).toBe(HELD_BACK)
    await setOrigins('allowed', 'public', 'other')
    expect(await asks(other, hop)).toBe('200')
    expect(await asks(other, hop, '/health')).toBe('200')
    await setOrigins('allowed', 'public')
  })

  test.each(HOPS)(
    'one that is taken away reads nothing more by %s, although its browser remembers the leave',
    async (hop) => {
      const { allowed } = stage()
      const remembered = '/v1/threads?limit=11'
      const before = allowed.preflights()
      expect(await asks(allowed, hop, remembered)).toBe('200')
      expect(await asks(allowed, hop, remembered)).toBe('200')
      await until('the browser has asked', () => allowed.preflights() === before + 1)
      await setOrigins('public')
      // No preflight comes between: the answer itself says nothing of this origin.
      expect(await asks(allowed, hop, remembered)).toBe(HIDDEN)
      expect(allowed.preflights()).toBe(before + 1)
      expect(await asks(allowed, hop, '/v1/threads?limit=12')).toBe(HELD_BACK)
      await setOrigins('allowed', 'public')
      expect(await asks(allowed, hop, remembered)).toBe('200')
    },
  )

  test('a restart of home, and one of the gateway, change nothing of it', async () => {
    const { allowed, other } = stage()
    const expectSame = async (path: string) => {
      for (const hop of HOPS) {
        expect([hop, await asks(allowed, hop, path)]).toEqual([hop, '200'])
        expect([hop, await asks(other, hop, path)]).toEqual([hop, HELD_BACK])
      }
    }
    await setOrigins('allowed', 'public', 'other')
    expect(await asks(other, 'gateway', '/v1/threads?limit=13')).toBe('200')
    await setOrigins('allowed', 'public')
    await stage().stopDaemon()
    await stage().startDaemon()
    await expectSame('/v1/threads?limit=14')
    await stage().restartGateway()
    await expectSame('/v1/threads?limit=15')
    await setOrigins('allowed', 'public', 'other')
    expect(await asks(other, 'loopback')).toBe('200')
    expect(await asks(other, 'gateway')).toBe('200')
    await setOrigins('allowed', 'public')
    expect(await asks(allowed, 'gateway')).toBe('200')
  })
}
