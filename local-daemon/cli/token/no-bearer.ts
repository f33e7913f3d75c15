import { existsSync } from 'node:fs'
import { parseCode } from '../../../protocol/identity/signed-code.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/**
 * The error for a text that is not a bearer token. The message never repeats the text, which may be one with a character
 * too many; the next step does, if it names a file.
 *
 * @param command what takes the token, such as `spl token save`
 */
export function noBearer(text: string, command: string): CliError {
  if (parseCode(text)?.kind === 'invite') {
    return new CliError(
      'TOKEN_INVALID',
      'that is an invite, not a bearer token',
      'spl pair redeem - --url <url>',
      EXIT_CODE.usage,
    )
  }
  return new CliError(
    'TOKEN_INVALID',
    'that is not a bearer token: a bearer token looks like spl_<env>_<service account>_<secret>',
    existsSync(text)
      ? `to take it from the file: ${command} - < ${shellPath(text)}`
      : 'copy all of it, or create one: spl token create',
    EXIT_CODE.usage,
  )
}
