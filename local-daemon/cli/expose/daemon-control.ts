import type { Home } from '../../home/home.ts'
import { restartDaemon } from '../serve/restart-daemon.ts'
import { INITIAL_START } from '../client/start-arguments.ts'
import type { DaemonControl } from './apply-plan.ts'

/** Starts and restarts the daemon of a home in the background; what a plan says nothing of stays as it was. */
export function daemonControl(home: Home): DaemonControl {
  return {
    async start() {
      await restartDaemon(
        home,
        { host: INITIAL_START.host, gateway: null, gatewayCa: null },
        INITIAL_START,
      )
    },
    async restart({ host, gateway }) {
      const tunnel = { gateway: gateway?.url ?? null, gatewayCa: gateway?.cacert ?? null }
      // --insecure-localhost would force loopback, and ask for no bearer there.
      const bound = { host: host ?? INITIAL_START.host, insecureLocalhost: false }
      const given = { ...(host !== undefined && bound), ...(gateway !== undefined && tunnel) }
      await restartDaemon(home, given, INITIAL_START)
    },
  }
}
