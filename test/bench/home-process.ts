import { Session } from 'node:inspector/promises'
import { startDaemon } from '../../local-daemon/daemon.ts'
import { LinkMeter } from '../../local-daemon/tunnel/link-meter.ts'
import { startTunnel } from '../../local-daemon/tunnel/start-tunnel.ts'
import { allowLoad } from '../support/allow-load.ts'
import { benchAnswer } from './bench-routes.ts'
import { WRITING_ACTOR } from './record-body.ts'
import { SAMPLING_US } from './profile/workerd-inspector.ts'

/** The home side in a process of its own: the real daemon, with a few more routes for bulk bodies. */
const home = process.argv[2] as string
const daemon = await startDaemon({ home, port: 0 })
await allowLoad(daemon)
// What an admin appends as another actor is two records: its own, and one of the audit.
const writer = await daemon.access.accounts.createWithToken(
  { name: 'bench', scopes: ['records:read', 'records:write'], actors: [WRITING_ACTOR] },
  null,
)
process.send?.({
  did: daemon.identity.did,
  bearer: daemon.adminBearer,
  writer: writer.token,
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
  const session = new Session()
  session.connect()
  process.on('message', (what: 'link' | 'profile' | 'profiled') => {
    void answer(what).then((told) => process.send?.(told))
  })

  async function answer(what: 'link' | 'profile' | 'profiled'): Promise<unknown> {
    if (what === 'profiled') return (await session.post('Profiler.stop')).profile
    if (what === 'link') {
      const { subscribers } = tunnel.status
      return { subscribers, bytesOut: meter.counts.bytesOut }
    }
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_US })
    await session.post('Profiler.start')
    return {}
  }
  process.once('disconnect', () => {
    void tunnel
      .stop()
      .then(() => daemon.stop())
      .then(() => process.exit(0))
  })
})
