import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { restartDaemon } from '../serve/restart-daemon.ts'
import { readRunningFile } from '../client/running-file.ts'
import { shellWord } from '../../problem/shell-word.ts'

/** The gateway of the daemon that starts, or null for none. */
export interface GatewayChoice {
  readonly gateway: string | null
  readonly gatewayCa?: string | null
}

/**
 * Stops the daemon of a home and starts it in the background as it was, but for its gateway.
 *
 * @throws CliError DAEMON_NOT_RUNNING (exit code 3), RESTART_UNKNOWN, or as of stopDaemon and runBackground
 */
export async function restartHome(home: Home, choice: GatewayChoice): Promise<void> {
  const facts = readRunningFile(home)
  if (facts === undefined) {
    throw new CliError(
      'DAEMON_NOT_RUNNING',
      `no daemon runs in ${home.root}`,
      choice.gateway === null
        ? 'spl serve --daemon'
        : `spl serve --daemon --gateway ${shellWord(choice.gateway)}`,
      EXIT_CODE.unreachable,
    )
  }
  const { started_with } = facts
  if (started_with === null) {
    throw new CliError(
      'RESTART_UNKNOWN',
      `the daemon in ${home.root} was not started by spl serve, so spl does not know how to restart it`,
      'stop it (spl try: Ctrl-C), then: spl serve --daemon --gateway <url>',
    )
  }
  await restartDaemon(
    home,
    { gateway: choice.gateway, gatewayCa: choice.gatewayCa ?? null },
    started_with,
  )
}
