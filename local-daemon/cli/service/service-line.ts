import { realpathSync } from 'node:fs'
import type { Home } from '../../config/home.ts'
import { foregroundLine, type StartArguments } from '../serve/start-arguments.ts'

/** The service managers that start a daemon, as the daemon's hidden option names them. */
export type Supervisor = 'systemd' | 'launchd'

/** What a service runs, and for which home. */
export interface ServiceLine {
  readonly home: string
  /** Program and arguments, every path absolute. */
  readonly line: readonly string[]
  /** File that takes what the daemon writes to stderr. */
  readonly errors: string
}

/**
 * The line that starts the daemon in the foreground with this very Node and this very script: a service manager has no
 * `PATH` of the person's shell.
 */
export function serviceLine(home: Home, args: StartArguments, supervisor: Supervisor): ServiceLine {
  const main = realpathSync(process.argv[1] ?? '')
  return {
    home: home.root,
    line: [
      process.execPath,
      ...process.execArgv,
      main,
      ...foregroundLine(home, args),
      `--supervisor=${supervisor}`,
    ],
    errors: `${home.logs}/stderr.log`,
  }
}
