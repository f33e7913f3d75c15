import { describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import type { BrowserStage } from '../a-browser-stage.ts'

/** Answers that the gateway makes without home. Puts back what it changes. */
export function gatewayCases(stage: () => BrowserStage): void {
  describe('the gateway by itself', () => {
    const url = (path: string) => stage().url('gateway', path)
    const withBearer = () => ({ headers: { authorization: `Bearer ${stage().bearers.admin}` } })

    test('answers preflights while home is away, and says so to the pages that may know', async () => {
      const { allowed, other } = stage()
      await stage().stopDaemon()
      try {
        const before = allowed.preflights()
        // The gateway waits ten seconds for the daemon: all at once.
        const health = allowed.ask(url('/health'))
        const hidden = other.ask(url('/health'))
        const away = await allowed.ask(url('/v1/threads?limit=16'), withBearer())
        expect(away.outcome).toBe('503 TUNNEL_OFFLINE')
        expect(Number(away.headers['retry-after'])).toBeGreaterThan(0)
        await until('the browser has asked', () => allowed.preflights() === before + 1)
        expect((await health).outcome).toBe('503 TUNNEL_OFFLINE')
        expect((await allowed.ask(url('/v1/threads'))).outcome).toBe('401 AUTH_REQUIRED')
        expect((await hidden).outcome).toBe('TypeError: MissingAllowOriginHeader')
        expect((await other.ask(url('/v1/threads'), withBearer())).outcome).toBe(
          'TypeError: PreflightMissingAllowOriginHeader',
        )
      } finally {
        await stage().startDaemon()
      }
    })

    test('tells a page that asks too often, and when to come back', async () => {
      const { allowed } = stage()
      try {
        expect(await stage().set('token_requests_per_second', 1)).toBe('applied')
        expect(await stage().set('token_burst', 1)).toBe('applied')
        await until('one is too many', async () => {
          const { outcome, headers } = await allowed.ask(url('/v1/threads'), withBearer())
          if (outcome === '200') return false
          expect(outcome).toBe('429 RATE_LIMITED')
          expect(Number(headers['retry-after'])).toBeGreaterThan(0)
          return true
        })
      } finally {
        await stage().set('token_requests_per_second', 200)
        await stage().set('token_burst', 2_000)
      }
    })
  })
}
