import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { startGateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { aHomeWithIdentity } from '../../support/daemon/a-home-with-identity.ts'
import { until } from '../../support/until.ts'

test('a client that leaves a quiet event stream over TLS is noticed at home at once, not by the next heartbeat', async () => {
  using home = aHomeWithIdentity()
  const { ownerDid: did } = home
  const directory = join(home.path, 'gateway')
  await using gateway = await startGateway({ ownerDid: did, directory, tls: 'self-signed' })
  const tunnel = { gatewayUrl: gateway.url, cacert: gateway.cacert ?? '' }
  const logger = pino({ level: 'silent' })
  const daemon = await startDaemon({ home: home.path, port: 0, logger, tunnel })
  await using undo = new AsyncDisposableStack()
  undo.defer(() => daemon.stop())
  await until('the tunnel is connected', () => daemon.tunnel?.status.state === 'connected')
  const subscribers = (count: number) =>
    until(`home has ${count} subscribers`, () => daemon.tunnel?.status.subscribers === count)

  const asked = get(`${gateway.url}/v1/sync/subscribe?thread=th_quiet`, {
    ca: readFileSync(tunnel.cacert),
    headers: { authorization: `Bearer ${daemon.adminBearer}` },
  })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.on('error', () => {}).resume()
  await subscribers(1)
  const left = performance.now()
  answer.destroy()
  await subscribers(0)
  expect(performance.now() - left).toBeLessThan(LIMITS.subscriberHeartbeatMs / 3)
})
