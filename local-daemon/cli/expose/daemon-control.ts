import type { Home } from '../../config/home.ts'
import { restartDaemon } from '../serve/restart-daemon.ts'
import type { StartArguments } from '../serve/start-arguments.ts'
import type { DaemonControl } from './apply-plan.ts'

/** What a start without arguments has: this machine alone. */
const ALONE: StartArguments = {
  host: '127.0.0.1',
  port: 9100,
  insecureLocalhost: false,
  gateway: null,
  gatewayCa: null,
  store: null,
  memory: false,
}

/** Starts and restarts the daemon of a home in the background; what a plan says nothing of stays as it was. */
export function daemonControl(home: Home): DaemonControl {
  return {
    async start() {
      await restartDaemon(home, { host: ALONE.host, gateway: null, gatewayCa: null }, ALONE)
    },
    async restart({ host, gateway }) {
      const tunnel = { gateway: gateway?.url ?? null, gatewayCa: gateway?.cacert ?? null }
      // --insecure-localhost would force loopback, and ask for no bearer there.
      const bound = { host: host ?? ALONE.host, insecureLocalhost: false }
      const given = { ...(host !== undefined && bound), ...(gateway !== undefined && tunnel) }
      await restartDaemon(home, given, ALONE)
    },
  }
}
