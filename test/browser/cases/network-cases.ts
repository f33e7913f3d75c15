import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserContext } from 'playwright-core'
import type { BrowserStage } from '../a-browser-stage.ts'
import { openPage, type OpenPage } from '../open-page.ts'

/** A page of the public internet needs its visitor's permission for loopback (WICG Local Network Access). */
export function networkCases(stage: () => BrowserStage): void {
  describe.each([
    ['that its visitor lets', ['local-network-access'], '200'],
    ['that its visitor does not let', [], 'TypeError: LocalNetworkAccessPermissionDenied'],
  ] as const)('a public page %s reach this machine', (_whose, permissions, loopback) => {
    let context: BrowserContext
    let page: OpenPage

    beforeAll(async () => {
      context = await stage().browser.newContext()
      await context.grantPermissions([...permissions])
      page = await openPage(context, stage().sites.public.origin)
    })
    afterAll(() => context.close())

    const ask = (hop: 'loopback' | 'gateway') => {
      const headers = { authorization: `Bearer ${stage().bearers.admin}` }
      return page.ask(stage().url(hop, '/v1/threads'), { headers })
    }

    test(`gets by loopback: ${loopback}`, async () => {
      expect((await ask('loopback')).outcome).toBe(loopback)
    })

    test('gets an answer by the public hostname', async () => {
      expect((await ask('gateway')).outcome).toBe('200')
    })
  })
}
