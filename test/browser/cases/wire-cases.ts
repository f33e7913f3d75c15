import { describe, expect, test } from 'vitest'
import { send, type Fields } from '../../support/clients/send.ts'
import { HOPS, type BrowserStage } from '../a-browser-stage.ts'

/** What a browser does not show its pages: how often a field stands in an answer, and what caches are told. */
export function wireCases(stage: () => BrowserStage): void {
  describe.each(HOPS)('%s says to caches and browsers', (hop) => {
    const PREFLIGHT: Fields = [
      ['access-control-request-method', 'POST'],
      ['access-control-request-headers', 'authorization,content-type'],
    ]

    test.each([
      ['GET', '/health', '-', 200],
      ['GET', '/v1/threads', 'admin', 200],
      ['HEAD', '/v1/threads', 'admin', 200],
      ['GET', '/v1/threads', '-', 401],
      ['GET', '/v1/threads', 'forged', 401],
      ['GET', '/v1/tokens', 'reader', 403],
      ['GET', '/nothing', 'admin', 404],
      ['OPTIONS', '/v1/records', '-', 204],
    ] as const)('once who may read %s %s by %s, and that it differs', async (...row) => {
      const [method, path, who, status] = row
      const { bearers, port, sites } = stage()
      const bearer: Fields = who === '-' ? [] : [['authorization', `Bearer ${bearers[who]}`]]
      const headers = [...(method === 'OPTIONS' ? PREFLIGHT : bearer)]
      const ask = (...origin: Fields) =>
        send(port(hop), { method, path, headers: [...headers, ...origin] })
      const allowed = await ask(['origin', sites.allowed.origin])
      expect(allowed.status).toBe(status)
      expect(allowed.all('access-control-allow-origin')).toEqual([sites.allowed.origin])
      const other = await ask(['origin', sites.other.origin])
      for (const answer of [allowed, other, await ask()]) {
        expect(answer.all('vary')).toEqual([expect.stringMatching(/^Origin\b/)])
        expect(answer.all('access-control-allow-credentials')).toEqual([])
        if (answer !== allowed) expect(answer.all('access-control-allow-origin')).toEqual([])
      }
    })

    test('to mix no origins: neither page gets what the cache has for the other', async () => {
      const { allowed, other, url } = stage()
      const cache = { cache: 'force-cache' } as const
      const [first, second] = [url(hop, '/health'), url(hop, '/.well-known/syncropel')]
      expect((await allowed.ask(first, cache)).outcome).toBe('200')
      expect((await other.ask(first, cache)).outcome).toBe('TypeError: MissingAllowOriginHeader')
      expect((await other.ask(second, cache)).outcome).toBe('TypeError: MissingAllowOriginHeader')
      expect((await allowed.ask(second, cache)).outcome).toBe('200')
    })
  })
}
