import { createInterface } from 'node:readline/promises'
import { parseCode } from '../../../protocol/identity/signed-code.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { readSecretArgument } from './secret-argument.ts'

/**
 * The one-time code: `--code`, else a line that a person types, else stdin.
 *
 * @throws CliError INVITE_INVALID before anything is sent, so that a bearer pasted by mistake goes nowhere
 */
export async function readCode(option: string | undefined): Promise<string> {
  const asked = option === undefined && process.stdin.isTTY ? await ask() : (option ?? '-')
  const code = inviteIn(await readSecretArgument(asked))
  if (parseCode(code)?.kind === 'invite') return code
  throw new CliError(
    'INVITE_INVALID',
    'that is not an invite: an invite begins with spi_; copy all of it',
    'make one at home with: spl pair --device <label> --url <url> --invite',
    EXIT_CODE.usage,
  )
}

/** Of the line that `spl pair --invite --no-qr` prints, the invite in it; else the text itself. */
function inviteIn(text: string): string {
  if (!text.startsWith('{')) return text
  try {
    const { invite } = JSON.parse(text) as { readonly invite?: unknown }
    return typeof invite === 'string' ? invite : text
  } catch {
    return text
  }
}

async function ask(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question('one-time code: ')
  } finally {
    terminal.close()
  }
}
