import type { Home } from '../../config/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { runBackground } from '../serve/run-background.ts'
import { readRunningFile } from '../serve/running-file.ts'
import { stopDaemon } from '../serve/stop-daemon.ts'

/** The gateway of the daemon that starts, or null for none. */
export interface GatewayChoice {
  readonly gateway: string | null
  readonly gatewayCa?: string | null
}

/**
 * Stops the daemon of a home and starts it in the background as it was, but for its gateway.
 *
 * @throws CliError DAEMON_NOT_RUNNING (exit code 3), or as of stopDaemon and runBackground
 */
export async function restartHome(home: Home, choice: GatewayChoice): Promise<void> {
  const facts = readRunningFile(home)
  if (facts === undefined) {
    throw new CliError(
      'DAEMON_NOT_RUNNING',
      `no daemon runs in ${home.root}`,
      choice.gateway === null
        ? 'spl serve --daemon'
        : `spl serve --daemon --gateway ${choice.gateway}`,
      EXIT_CODE.unreachable,
    )
  }
  const { hostname, port } = new URL(facts.address)
  await stopDaemon(home)
  await runBackground(home, {
    host: hostname.replaceAll(/^\[|\]$/gu, ''),
    port: Number(port),
    ...(facts.insecure_localhost && { insecureLocalhost: true }),
    ...(choice.gateway !== null && { gateway: choice.gateway }),
    ...(choice.gatewayCa && { gatewayCa: choice.gatewayCa }),
  })
}
