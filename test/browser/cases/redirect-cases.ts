import { describe, expect, test } from 'vitest'
import { HOPS, type BrowserStage } from '../a-browser-stage.ts'

/** Requests that come by another site's redirect (Fetch, "HTTP-redirect fetch"). */
export function redirectCases(stage: () => BrowserStage): void {
  describe.each(HOPS)('%s, reached by a redirect', (hop) => {
    test('of the page’s own site, knows the page', async () => {
      const { allowed, bearers, sites, url } = stage()
      expect((await allowed.ask(sites.allowed.to(url(hop, '/health')))).outcome).toBe('200')
      // The browser takes the bearer off where the site changes; that this is why can be read.
      const headers = { authorization: `Bearer ${bearers.admin}` }
      const without = await allowed.ask(sites.allowed.to(url(hop, '/v1/threads')), { headers })
      expect(without.outcome).toBe('401 AUTH_REQUIRED')
    })

    test('of another site: the browser sends "null" as origin', async () => {
      const { allowed, sites, url } = stage()
      expect((await allowed.ask(sites.other.to(url(hop, '/health')))).outcome).toBe(
        'TypeError: MissingAllowOriginHeader',
      )
    })

    test('of a site that may not call, stays unreadable to it', async () => {
      const { other, sites, url } = stage()
      for (const site of [sites.other, sites.allowed]) {
        expect((await other.ask(site.to(url(hop, '/health')))).outcome).toBe(
          'TypeError: MissingAllowOriginHeader',
        )
      }
    })
  })
}
