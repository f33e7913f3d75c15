import { startDaemon } from '../../local-daemon/daemon.ts'
import { LinkMeter } from '../../local-daemon/tunnel/link-meter.ts'
import { startTunnel } from '../../local-daemon/tunnel/start-tunnel.ts'
import { allowLoad } from '../support/allow-load.ts'
import { benchAnswer } from './bench-routes.ts'

/** The home side in a process of its own: the real daemon, with a few more routes for bulk bodies. */
const home = process.argv[2] as string
const daemon = await startDaemon({ home, port: 0 })
await allowLoad(daemon)
process.send?.({
  did: daemon.identity.did,
  bearer: daemon.adminBearer,
  url: `http://127.0.0.1:${daemon.addresses.tcp.port}`,
})
process.once('message', (gatewayUrl: string) => {
  const meter = new LinkMeter()
  const tunnel = startTunnel(
    { gatewayUrl },
    {
      identity: daemon.identity,
      logger: daemon.logger,
      faults: daemon.faults,
      meter,
      policy: () => daemon.access.edge.payload(),
      app: {
        fetch: (request, facts) => benchAnswer(request) ?? daemon.app.fetch(request, facts),
      },
    },
  )
  const timer = setInterval(() => {
    if (tunnel.status.state !== 'connected') return
    clearInterval(timer)
    process.send?.('connected')
  }, 20)
  process.on('message', () => {
    const { subscribers } = tunnel.status
    process.send?.({ subscribers, bytesOut: meter.counts.bytesOut })
  })
  process.once('disconnect', () => {
    void tunnel
      .stop()
      .then(() => daemon.stop())
      .then(() => process.exit(0))
  })
})
