import { HOST_CODES, parseListenHost } from '../../config/listen-host.ts'
import { StartError } from '../../config/start-error.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/**
 * Asks before anything is started whether the daemon would listen there: a wrong host is a wrong command line.
 *
 * @throws CliError as `parseListenHost`, exit code 2
 */
export function checkHost(host: string): void {
  try {
    parseListenHost(host)
  } catch (error) {
    if (!(error instanceof StartError) || !HOST_CODES.includes(error.code)) throw error
    const { code, message, try: next } = error
    throw new CliError(code, message, next, EXIT_CODE.usage, { cause: error })
  }
}
