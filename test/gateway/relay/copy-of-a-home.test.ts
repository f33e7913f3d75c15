import { afterAll, beforeAll, expect, test } from 'vitest'
import { dial } from '../../../local-daemon/tunnel/dial/dial.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { aLink } from '../../support/gateway/a-link.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { startOnWorkerd, type GatewayUnderTest } from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

const identity = anIdentity()
let gateway: GatewayUnderTest
beforeAll(async () => {
  gateway = await startOnWorkerd({ ownerDid: identity.did, anyPort: true, movableClock: true })
})
afterAll(() => gateway[Symbol.asyncDispose]())

const comesBack = (yields: string) =>
  dial({
    gatewayUrl: new URL(gateway.origin),
    identity,
    yields,
    signal: new AbortController().signal,
  })

test('a daemon that was replaced does not take the place back while the other one is connected', async () => {
  await using first = await connectHome(gateway.origin, identity, new HomeApp())
  {
    await using second = await connectHome(gateway.origin, identity, new HomeApp())
    await until('the first one has gone', () => first.tunnel.status.state === 'waiting')
    await expect(comesBack('the first')).rejects.toMatchObject({ code: 'ANOTHER_DAEMON_CONNECTED' })
    expect(second.tunnel.status.state).toBe('connected')
    expect(second.generations()).toHaveLength(1)
  }
  // The place is free again.
  await until('it is let in', async () => {
    const socket = await comesBack('the first').catch(() => undefined)
    socket?.terminate()
    return socket !== undefined
  })
})

test('a silent daemon cannot keep its place, even if no client asks for anything', async () => {
  await using link = await aLink(gateway.port)
  await using _silent = await connectHome(link.origin, identity, new HomeApp())
  await expect(comesBack('the other')).rejects.toMatchObject({ code: 'ANOTHER_DAEMON_CONNECTED' })
  link.freeze()
  await setGatewayClock(gateway.port, LIMITS.silenceMs + 1_000)
  const socket = await comesBack('the other')
  socket.terminate()
  await setGatewayClock(gateway.port, 0)
})
