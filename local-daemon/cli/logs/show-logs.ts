import { abortOnSignal } from '../signals/abort-on-signal.ts'
import { CliError } from '../cli-error.ts'
import { homeOf, type GlobalOptions } from '../global-options.ts'
import { note, print, printJson } from '../output/output.ts'
import { followFile } from './follow-file.ts'
import { lastLines } from './last-lines.ts'
import { logFiles } from './log-files.ts'
import { logText, parseLogLine } from './log-text.ts'
import type { Home } from '../../home/home.ts'
import { readRunningPid } from '../../home/pid-file.ts'

export interface LogsOptions extends GlobalOptions {
  /** Lines of what is there already. */
  readonly lines: number
  readonly follow: boolean
}

/**
 * Prints the last lines of the home's log, also from files that were set aside, then what comes. It reads the files, so
 * it works whether or not the daemon runs.
 *
 * @throws CliError LOG_MISSING
 */
export async function showLogs(options: LogsOptions): Promise<void> {
  const path = homeOf(options).logFile
  const files = logFiles(path)
  if (files.length === 0 && !options.follow) throw missing(path, homeOf(options))
  const show = options.json ? showJson : (line: string) => print(logText(line))
  let wanted = options.lines
  let from = 0
  const shown: string[] = []
  for (const file of files.toReversed()) {
    const { lines, end } = lastLines(file, wanted)
    if (file === path) from = end
    shown.unshift(...lines)
    wanted -= lines.length
    if (wanted === 0) break
  }
  for (const line of shown) show(line)
  if (!options.follow) return
  if (files.length === 0) note(`no log in ${path} yet; waiting for it`)
  await followFile({ path, from, signal: abortOnSignal(), onLine: show })
}

/** The line as it is; what is no JSON, such as a line that a crash has cut, would break who reads it. */
function showJson(line: string): void {
  const entry = parseLogLine(line)
  if (entry === undefined) note('skipped a line that is not JSON')
  else printJson(entry)
}

function missing(path: string, home: Home): CliError {
  if (readRunningPid(home.pidFile) !== undefined) {
    return new CliError(
      'LOG_MISSING',
      `there is no log ${path}: it was moved or removed, and the running daemon has logged nothing since`,
      'spl logs -f shows new lines; older ones are where the file was moved to',
    )
  }
  return new CliError(
    'LOG_MISSING',
    `there is no log ${path}: no daemon has run in this home, or its log was removed`,
    'run it on the daemon’s machine; --home or SYNCROPEL_HOME selects another home',
  )
}
