import { realpathSync } from 'node:fs'
import type { Home } from '../../../home/home.ts'
import type { ServiceLine, Supervisor } from '../../../service/service-line.ts'
import { foregroundLine } from '../start-arguments.ts'
import type { StartArguments } from '../../client/start-arguments.ts'

/**
 * The line that starts the daemon in the foreground with this very Node and this very script: a service manager has no
 * `PATH` of the person's shell.
 */
export function lineOfDaemon(
  home: Home,
  args: StartArguments,
  supervisor: Supervisor,
): ServiceLine {
  const main = realpathSync(process.argv[1] ?? '')
  const line = [
    process.execPath,
    ...process.execArgv,
    main,
    ...foregroundLine(home, args),
    `--supervisor=${supervisor}`,
  ]
  return {
    home: home.root,
    line,
    errors: home.errorLog,
  }
}
