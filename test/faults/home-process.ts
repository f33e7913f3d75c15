import { startDaemon } from '../../local-daemon/daemon.ts'
import { LinkMeter } from '../../local-daemon/tunnel/link-meter.ts'
import { startTunnel } from '../../local-daemon/tunnel/start-tunnel.ts'
import { allowLoad } from '../support/allow-load.ts'
import type { HomeAnswer, HomeTask } from './home-child.ts'
import { plantedApp } from './planted/planted-app.ts'

/* The home side as a process of its own, which can be killed, stopped and started again on its home. */

const task = JSON.parse(process.argv[2] as string) as HomeTask
const { home, gatewayUrl, planted } = task
// With a planted bug only the app behind the tunnel is another one; without, all is as in `spl serve`.
const daemon = await startDaemon({ home, port: 0, ...(planted ? {} : { tunnel: { gatewayUrl } }) })
if (daemon.adminBearer !== undefined) await allowLoad(daemon)
const { edge } = daemon.access
const tunnel =
  planted &&
  startTunnel(
    { gatewayUrl },
    {
      identity: daemon.identity,
      logger: daemon.logger,
      faults: daemon.faults,
      meter: new LinkMeter(),
      policy: () => edge.payload(),
      onPolicyAcked: () => edge.wakeWaiting(),
      app: plantedApp(planted, daemon.app),
    },
  )
// As `startDaemon` does: an account that is made or revoked is known at the gateway.
if (tunnel !== undefined)
  edge.connectTo({
    pushPolicy: () => tunnel.pushPolicy(),
    get acknowledged() {
      return tunnel.status.policy_version
    },
    get connected() {
      return tunnel.status.state === 'connected'
    },
  })

tell({ kind: 'ready', bearer: daemon.adminBearer })
process.on('message', ({ id, collect }: { readonly id: number; readonly collect: boolean }) => {
  // Twice: what has a finalizer is gone after the second one.
  if (collect) for (let times = 0; times < 2; times += 1) globalThis.gc?.()
  const { state, open_streams, subscribers } = (tunnel ?? daemon.tunnel)!.status
  // A subscriber that has caught up needs no stream of its own, and is open all the same.
  const openStreams = open_streams + subscribers
  const { heapUsed, external, rss } = process.memoryUsage()
  tell({ kind: 'status', id, state, openStreams, heldBytes: heapUsed + external, rss })
})
process.once('SIGTERM', () => void stop())
// Whoever started it is gone.
process.once('disconnect', () => void stop())

async function stop(): Promise<void> {
  await tunnel?.stop()
  await daemon.stop()
  process.exit(0)
}

function tell(answer: HomeAnswer): void {
  process.send?.(answer)
}
