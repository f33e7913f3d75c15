import { shellPath } from '../../problem/shell-word.ts'
import type { Destination } from '../client/destination.ts'
import type { StoreProblem } from '../client/presence.ts'
import { startCommand } from '../client/start-command.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { homeOf, type GlobalOptions } from '../global-options.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { statusFields } from './status-fields.ts'
import { homeStatus, remoteStatus, type Status } from './status-report.ts'

/**
 * Shows the daemon of the home, or the one at a URL; exit code 3 when it does not answer.
 *
 * @param destination for the command that goes elsewhere too
 */
export async function showStatus(options: GlobalOptions, destination?: Destination): Promise<void> {
  const status =
    destination?.kind === 'elsewhere'
      ? await remoteStatus(options, destination.origin)
      : await homeStatus(homeOf(options))
  if (options.json) printJson(status)
  else print(statusFields(status))
  if (status.store_problem !== null) return reportProblem(status.store_problem, options)
  if (status.status === 'running') return
  process.exitCode = EXIT_CODE.unreachable
  if (!options.json)
    noteNext(
      'try',
      `${status.status === 'not_running' ? startCommand(homeOf(options)) : advice(status)}`,
    )
}

/** It runs and does not do its work: exit code 1. */
function reportProblem(problem: StoreProblem, options: GlobalOptions): void {
  process.exitCode = EXIT_CODE.failed
  if (options.json) return
  note(`error: ${problem.message} [${problem.code}]`)
  noteNext('try', `${problem.try}`)
}

function advice(status: Status): string {
  return `read the log in ${shellPath(`${status.home}/logs`)}, then: spl serve --stop`
}
