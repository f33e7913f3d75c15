import type { Home } from '../../home/home.ts'
import { parseListenHost } from '../../network/listen-host.ts'
import { readGatewayCa } from '../../tunnel/dial/read-gateway-ca.ts'
import { note } from '../output/output.ts'
import { installedService, restartService } from './service/installed-service.ts'
import { serviceManaged } from './service/show-service.ts'
import type { ReadyReport } from '../client/ready-report.ts'
import { runBackground } from './run-background.ts'
import { readLastStart, readRunningFile } from '../client/running-file.ts'
import { keptArguments } from './start-arguments.ts'
import type { StartArguments } from '../client/start-arguments.ts'
import { stopDaemon } from './stop-daemon.ts'
import { readRunningPid } from '../../home/pid-file.ts'

/**
 * Stops the daemon of a home, if one runs, and starts it in the background with the arguments that it had; if none runs,
 * with those that were used last. What is given now wins. A daemon that has a service is started again by that, with the
 * arguments that stand there. If it does not start with what is given now, it is started as it was, and the error is thrown
 * all the same.
 *
 * @param given arguments of this command line and its environment alone
 * @param initial what a start without arguments has
 * @throws CliError SERVICE_MANAGED, or StartError of the host or the certificate, before anything is stopped; of the stop, or of the start
 */
export async function restartDaemon(
  home: Home,
  given: Partial<StartArguments>,
  initial: StartArguments,
): Promise<ReadyReport> {
  const service = installedService(home)
  const running = readRunningFile(home)
  // One that was started beside the service is not the service's.
  if (service !== undefined && (running === undefined || running.supervisor !== null)) {
    if (Object.keys(given).length > 0) throw serviceManaged(service)
    const { started_at: _at, started_with: _with, ...report } = await restartService(service, home)
    return report
  }
  const last = readLastStart(home)
  if (last === undefined)
    note(`no earlier start is recorded in ${home.root}: starting with the defaults`)
  const args = keptArguments(last ?? initial, given)
  if (!args.insecureLocalhost) parseListenHost(args.host)
  if (args.gateway !== null && args.gatewayCa !== null) readGatewayCa(args.gatewayCa)
  if (args.gateway !== null && args.gatewayCa === null && last?.gatewayCa)
    note(
      `${last.gatewayCa} was for ${last.gateway} alone; for the new gateway: --gateway-ca <file>`,
    )
  const outcome = await stopDaemon(home, { forSure: true })
  if (outcome.status === 'stopped') note(`stopped (pid ${outcome.pid})`)
  try {
    return await runBackground(home, args)
  } catch (error) {
    if (outcome.status === 'stopped') note(await startedAsBefore(home, last, given))
    throw error
  }
}

/** What became of a daemon that was stopped for one that does not start. */
async function startedAsBefore(
  home: Home,
  last: StartArguments | undefined,
  given: Partial<StartArguments>,
): Promise<string> {
  const other = readRunningPid(home.pidFile)
  if (other !== undefined) return `another start was faster; its daemon runs now (pid ${other})`
  const gone = 'the daemon is stopped and was not restarted'
  if (last === undefined || Object.keys(given).length === 0) return gone
  try {
    const { pid } = await runBackground(home, last)
    return `the daemon runs again with its old arguments (pid ${pid})`
  } catch {
    // The first error is the one to read: it has the same cause, or is about what is new.
    return gone
  }
}
