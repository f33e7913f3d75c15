import { createInterface } from 'node:readline/promises'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/**
 * Lets a person type a name, or a word, before something is lost for good. Where nobody sits, `--yes` must have been said.
 *
 * @param doing what then happens, after "to"
 *
 * @throws CliError CONFIRMATION_NEEDED, exit code 2
 */
export async function confirmName(name: string, yes: boolean, doing = 'remove it'): Promise<void> {
  if (yes) return
  if (process.stdin.isTTY) {
    const asked = createInterface({ input: process.stdin, output: process.stderr })
    const answer = await asked.question(`Type ${name} to ${doing}: `)
    asked.close()
    if (answer.trim() === name) return
  }
  throw new CliError(
    'CONFIRMATION_NEEDED',
    `nothing was done: to ${doing}, type ${name}`,
    `type ${name} when asked, or use --yes`,
    EXIT_CODE.usage,
  )
}
