import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/**
 * Refuses arguments that are not UTF-8: Node.js puts U+FFFD in place of such bytes, and that would be signed and stored.
 *
 * @throws CliError ARGUMENT_NOT_UTF8
 */
export function refuseTornArguments(argv: readonly string[]): void {
  if (!argv.some((word) => word.includes('\uFFFD')) || areWhole()) return
  throw new CliError(
    'ARGUMENT_NOT_UTF8',
    'an argument has bytes that are not UTF-8',
    'convert it first, for example: spl intend "$(iconv -f latin1 -t utf8 text.txt)"',
    EXIT_CODE.usage,
  )
}

/** Whether U+FFFD was given as such. Where the system does not show the bytes, as on macOS, nobody knows. */
function areWhole(): boolean {
  try {
    return isUtf8(readFileSync('/proc/self/cmdline'))
  } catch {
    return false
  }
}
