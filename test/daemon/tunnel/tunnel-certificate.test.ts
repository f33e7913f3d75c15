import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { prepareHome } from '../../../local-daemon/home/prepare-home.ts'
import { loadIdentity } from '../../../local-daemon/access/identity/identity.ts'
import { startGateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { FaultBook } from '../../../local-daemon/process/fault-book.ts'
import { LinkMeter } from '../../../local-daemon/tunnel/link-meter.ts'
import { startTunnel } from '../../../local-daemon/tunnel/start-tunnel.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { until } from '../../support/until.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { builtWorker } from '../../support/gateway/worker-source.ts'

function aStage() {
  const home = aHome()
  const paths = homeAt(home.path)
  prepareHome(paths)
  const identity = loadIdentity(paths)
  const directory = join(home.path, 'gateway')
  const start = async (port = 0) => {
    const worker = await builtWorker()
    return startGateway({ ownerDid: identity.did, directory, worker, port, tls: 'self-signed' })
  }
  const connect = (gatewayUrl: string, cacert?: string) =>
    startTunnel(
      { gatewayUrl, ...(cacert !== undefined && { cacert }) },
      {
        app: new HomeApp(),
        identity,
        logger: pino({ level: 'silent' }),
        meter: new LinkMeter(),
        faults: new FaultBook(pino({ level: 'silent' })),
      },
    )
  return {
    start,
    connect,
    tls: join(directory, 'tls'),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

test('a daemon accepts a new certificate of its gateway without a restart', async () => {
  using stage = aStage()
  const first = await stage.start()
  await using tunnel = stage.connect(first.url, first.cacert)
  await until('it is connected', () => tunnel.status.state === 'connected')
  await first.stop()
  rmSync(stage.tls, { recursive: true })
  // For the moment there is no file, and that ends nothing.
  await until(
    'it has tried',
    () => tunnel.status.last_error?.includes('cannot read the certificate') === true,
  )
  await using second = await stage.start(first.port)
  expect(second.url).toBe(first.url)
  await until('it is connected again', () => tunnel.status.state === 'connected')
})

test('a daemon that does not trust its gateway’s certificate says which option names it', async () => {
  using stage = aStage()
  await using gateway = await stage.start()
  await using tunnel = stage.connect(gateway.url)
  await until('it has tried', () => tunnel.status.last_error !== null)
  expect(tunnel.status.last_error).toContain('spl serve --restart --gateway-ca <file>')
  expect(tunnel.status.last_error).not.toContain('node')
})
