import { describe, expect, test } from 'vitest'
import { SUBPROTOCOL, TUNNEL_PATH } from '../../../../protocol/tunnel/version.ts'
import { said, type Team } from '../../../support/gateway/a-team.ts'
import { BASE } from '../../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../../support/daemon/home-app.ts'
import { aChallenge, proofFields } from '../../../support/wire/raw-tunnel.ts'
import { send } from '../../../support/clients/send.ts'
import { anIdentity } from '../../../support/test-identity.ts'
import { until } from '../../../support/until.ts'
import { aName, connected } from '../registry-names.ts'

/** Owners side by side: each has its hostname, its home and its tokens. */
export function ownerCases(team: () => Team): void {
  test('serves each hostname from the home of its owner, from joining on', async () => {
    const [alice, bob] = [anIdentity(), anIdentity()]
    const [aliceHost, bobHost] = [aName(), aName()]
    await team().register(alice, aliceHost)
    await team().register(bob, bobHost)
    const [aliceApp, bobApp] = [new HomeApp(), new HomeApp()]
    aliceApp.answer('/who', () => new Response('alice'))
    bobApp.answer('/who', () => new Response('bob'))
    await using aliceTunnel = team().dial(alice, aliceHost, aliceApp)
    await using bobTunnel = team().dial(bob, bobHost, bobApp)
    await Promise.all([connected(aliceTunnel), connected(bobTunnel)])
    expect((await team().get(aliceHost, '/who', alice.bearer)).text).toBe('alice')
    expect((await team().get(bobHost, '/who', bob.bearer)).text).toBe('bob')
    expect((await team().get(aliceHost.toUpperCase(), '/who', alice.bearer)).text).toBe('alice')
  })

  describe('between two owners', () => {
    test("a bearer of one is refused at the other's host, even after its own home accepted it", async () => {
      const [alice, bob] = [anIdentity(), anIdentity()]
      const [aliceHost, bobHost] = [aName(), aName()]
      await team().register(alice, aliceHost)
      await team().register(bob, bobHost)
      const bobApp = new HomeApp()
      await using aliceTunnel = team().dial(alice, aliceHost, new HomeApp())
      await using bobTunnel = team().dial(bob, bobHost, bobApp)
      await Promise.all([connected(aliceTunnel), connected(bobTunnel)])
      for (let times = 0; times < 3; times += 1) {
        expect(said(await team().get(aliceHost, '/', alice.bearer))).toBe('200')
        expect(said(await team().get(bobHost, '/', alice.bearer))).toBe('401 AUTH_INVALID')
      }
      expect(bobApp.seen).toHaveLength(0)
    })

    test("a proof of one does not connect the other's host, and neither does a proof for one's own host", async () => {
      const [alice, bob] = [anIdentity(), anIdentity()]
      const [aliceHost, bobHost] = [aName(), aName()]
      await team().register(alice, aliceHost)
      await team().register(bob, bobHost)
      await using tunnel = team().dial(alice, bobHost, new HomeApp())
      await until('it is refused', () => tunnel.status.last_error !== null)
      expect(tunnel.status.last_error).toContain('CONNECT_PROOF_INVALID')
      const { port } = team().gateway
      // Signed for her own host, sent to his.
      const fields = await proofFields(alice, port, {
        authority: `${aliceHost}:${port}`,
        challenge: await aChallenge(port, `${bobHost}:${port}`),
      })
      const answer = await send(port, {
        path: TUNNEL_PATH,
        headers: [
          ['host', `${bobHost}:${port}`],
          ['connection', 'upgrade'],
          ['upgrade', 'websocket'],
          ['sec-websocket-version', '13'],
          ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
          ['sec-websocket-protocol', SUBPROTOCOL],
          ...Object.entries(fields),
        ],
      })
      expect(said(answer)).toBe('401 CONNECT_PROOF_INVALID')
    })

    test('two hostnames of one owner are two homes, and neither shows anything of the other', async () => {
      const alice = anIdentity()
      const [one, other] = [aName(), aName()]
      await team().register(alice, one)
      await team().register(alice, other)
      await using tunnel = team().dial(alice, one, new HomeApp())
      await connected(tunnel)
      expect(said(await team().get(one, '/', alice.bearer))).toBe('200')
      expect(said(await team().get(other, '/', alice.bearer))).toBe('503 TUNNEL_OFFLINE')
    })
  })

  describe('an unknown hostname', () => {
    test.for([
      ['another name', 'nobody.spl.test'],
      ['the name of the gateway itself', BASE],
      ['an address', '127.0.0.1'],
      ['a dot at its end', 'known.spl.test.'],
      ['an underscore', 'known_.spl.test'],
      ['what only looks like one in punycode', 'xn--knwn-6na.spl.test'],
      ['a level below', 'a.known.spl.test'],
      ['a level above', 'test'],
    ])('%s is refused with a code of its own', async ([, hostname]) => {
      if ((await team().get('known.spl.test', '/')).status === 421) {
        await team().register(anIdentity(), 'known.spl.test')
        await until(
          'it is served',
          async () => (await team().get('known.spl.test', '/')).status !== 421,
        )
      }
      const before = team().gateway.log.filter((line) => line.includes('object')).length
      const answer = await send(team().gateway.port, {
        path: '/v1/records',
        headers: [['host', `${hostname}:${team().gateway.port}`]],
      })
      expect(said(answer)).toBe('421 HOSTNAME_UNKNOWN')
      expect(answer.json()).toMatchObject({ hop: 'gateway', try: expect.stringContaining('join') })
      expect(team().gateway.log.filter((line) => line.includes('object'))).toHaveLength(before)
    })

    test('a flood of invented names wakes no object, and asks the registry a few times', async () => {
      await team().get('warm.spl.test', '/')
      const asked = () =>
        team().gateway.log.filter((line) => line.includes('registry asked')).length
      const objects = () => team().gateway.log.filter((line) => line.includes('object')).length
      const [before, objectsBefore] = [asked(), objects()]
      const began = Date.now()
      for (let batch = 0; batch < 20; batch += 1) {
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, index) => team().get(`x${batch}-${index}.spl.test`, '/')),
        )
        // Those that come while an answer is under way may be told to come again.
        for (const answer of answers) {
          expect(said(answer)).toMatch(/^(421 HOSTNAME_UNKNOWN|503 REGISTRY_UNAVAILABLE)$/)
        }
      }
      // One in three seconds, and one a second and four at once while an answer is under way.
      const seconds = (Date.now() - began) / 1_000
      const most = Math.ceil(seconds / 3 + seconds) + 1 + 4
      expect(asked() - before).toBeLessThanOrEqual(most)
      expect(objects()).toBe(objectsBefore)
    })
  })

  test('the list has every hostname once, page by page, and says who is connected', async () => {
    const alice = anIdentity()
    const hostname = aName()
    await team().register(alice, hostname)
    for (let count = 0; count < 26; count += 1) {
      await team().register(alice, `p${String(count).padStart(2, '0')}.${BASE}`)
    }
    await using tunnel = team().dial(alice, hostname, new HomeApp())
    await connected(tunnel)
    const data: Record<string, unknown>[] = []
    for (let cursor = '', more = true; more;) {
      const page = await team().ask(team().admin, { path: `/hostnames?cursor=${cursor}` })
      const list = page.json() as { data: Record<string, unknown>[]; next_cursor: string | null }
      expect(list.data.length).toBeLessThanOrEqual(25)
      data.push(...list.data)
      more = list.next_cursor !== null
      cursor = list.next_cursor ?? ''
    }
    const hostnames = data.map((one) => one['hostname'])
    expect(hostnames).toEqual([...new Set(hostnames)].toSorted())
    expect(data.find((one) => one['hostname'] === hostname)).toMatchObject({
      owner: alice.did,
      connected: true,
      since: expect.any(Number),
    })
    expect(data.find((one) => one['hostname'] === `p00.${BASE}`)).toMatchObject({
      connected: false,
    })
  })
}
