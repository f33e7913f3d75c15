import { describe, expect, test } from 'vitest'
import { said, type Team } from '../../../support/gateway/a-team.ts'
import { HomeApp } from '../../../support/daemon/home-app.ts'
import { send } from '../../../support/clients/send.ts'
import { anIdentity } from '../../../support/test-identity.ts'
import { until } from '../../../support/until.ts'
import { aName, connected } from '../registry-names.ts'

/** What revoking a hostname ends. */
export function revokeCases(team: () => Team): void {
  describe('revoking', () => {
    const revoke = (hostname: string) =>
      team().ask(team().admin, { method: 'DELETE', path: `/hostnames/${hostname}` })

    test('ends the tunnel, refuses its home and its clients at once, and leaves others alone', async () => {
      const [alice, bob] = [anIdentity(), anIdentity()]
      const [aliceHost, bobHost] = [aName(), aName()]
      await team().register(alice, aliceHost)
      await team().register(bob, bobHost)
      await using aliceTunnel = team().dial(alice, aliceHost, new HomeApp())
      await using bobTunnel = team().dial(bob, bobHost, new HomeApp())
      await Promise.all([connected(aliceTunnel), connected(bobTunnel)])
      expect(said(await team().get(aliceHost, '/', alice.bearer))).toBe('200')
      const answer = await revoke(aliceHost)
      expect(answer.json()).toMatchObject({ hostname: aliceHost, connected: false })
      // Also in Workers that still believe that the name is hers.
      expect(said(await team().get(aliceHost, '/', alice.bearer))).toBe('421 HOSTNAME_UNKNOWN')
      await until('she is told', () => /HOSTNAME_UNKNOWN/.test(aliceTunnel.status.last_error ?? ''))
      expect(aliceTunnel.status.state).not.toBe('connected')
      expect(said(await team().get(bobHost, '/', bob.bearer))).toBe('200')
      expect(said(await revoke(aliceHost))).toBe('404 NOT_FOUND')
    })

    test('ends event streams with a last event that says so', async () => {
      const alice = anIdentity()
      const hostname = aName()
      await team().register(alice, hostname)
      const app = new HomeApp()
      app.answer('/events', () => {
        const first = new TextEncoder().encode('id: 1\ndata: x\n\n')
        const body = new ReadableStream({ start: (controller) => controller.enqueue(first) })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
      })
      await using tunnel = team().dial(alice, hostname, app)
      await connected(tunnel)
      const { port } = team().gateway
      const stream = send(port, {
        path: '/events',
        headers: [
          ['host', `${hostname}:${port}`],
          ['authorization', `Bearer ${alice.bearer}`],
          ['accept', 'text/event-stream'],
        ],
      })
      await until('the stream is open', () => app.seen.length > 0)
      await revoke(hostname)
      const { text } = await stream
      expect(text).toContain('data: x')
      expect(text).toContain('HOSTNAME_UNKNOWN')
    })

    test('lets the name go to somebody else, who gets nothing of what was before', async () => {
      const [alice, bob] = [anIdentity(), anIdentity()]
      const hostname = aName()
      await team().register(alice, hostname)
      await using old = team().dial(alice, hostname, new HomeApp())
      await connected(old)
      await revoke(hostname)
      await team().register(bob, hostname)
      const app = new HomeApp()
      await using tunnel = team().dial(bob, hostname, app)
      await connected(tunnel)
      await until(
        'the Worker knows',
        async () => (await team().get(hostname, '/', bob.bearer)).status === 200,
      )
      expect(said(await team().get(hostname, '/', alice.bearer))).toBe('401 AUTH_INVALID')
      expect(old.status.state).not.toBe('connected')
    }, 60_000)

    test('lets the same owner come back with another invite, and not with the old one', async () => {
      const alice = anIdentity()
      const hostname = aName()
      const { code } = await team().invite(hostname)
      await team().join(alice, code)
      await revoke(hostname)
      expect(said(await team().join(alice, code))).toBe('410 CODE_USED')
      await team().register(alice, hostname)
      await using tunnel = team().dial(alice, hostname, new HomeApp())
      await connected(tunnel)
    }, 60_000)

    test('takes back the invites for that very name that are still open', async () => {
      const alice = anIdentity()
      const [hostname, other] = [aName(), aName()]
      const [first, second, another] = await Promise.all(
        [hostname, hostname, other].map((name) => team().invite(name)),
      )
      await team().join(alice, first?.code ?? '')
      await revoke(hostname)
      expect(said(await team().join(alice, second?.code ?? ''))).toBe('401 INVITE_INVALID')
      expect(said(await team().join(alice, another?.code ?? ''))).toBe('200')
    })
  })
}
