import { realpathSync } from 'node:fs'
import type { Home } from '../../config/home.ts'
import type { ServiceLine, Supervisor } from '../../service/service-line.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { foregroundLine, type StartArguments } from '../serve/start-arguments.ts'

/**
 * The line that starts the daemon in the foreground with this very Node and this very script: a service manager has no
 * `PATH` of the person's shell.
 *
 * @throws CliError SERVICE_PATH_INVALID
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
  const unfit = line.find((word) => CONTROLS.test(word))
  if (unfit !== undefined) throw notWritable(unfit)
  return {
    home: home.root,
    line,
    errors: `${home.logs}/stderr.log`,
  }
}

/** A line end would begin another directive of a unit; XML has no place for most of the others. */
const CONTROLS = /\p{Cc}/u

function notWritable(word: string): CliError {
  return new CliError(
    'SERVICE_PATH_INVALID',
    `${JSON.stringify(word)} has a character that cannot stand in a service file`,
    'name the home and its files by paths without line ends and control characters; a link will do',
    EXIT_CODE.usage,
  )
}
