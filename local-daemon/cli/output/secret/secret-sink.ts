import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { homeOf, type GlobalOptions } from '../../global-options.ts'
import { printOnce } from '../output.ts'
import { newSecretFile, replacedTokenFile } from './secret-file.ts'

/** Where a secret goes that is shown once. It is ready before the secret is made, so that none gets lost. */
export interface SecretSink {
  /** The file it goes to, or null for stdout. */
  readonly place: string | null
  /** @throws Error of the system when it cannot be written; then it is nowhere */
  deliver(secret: string): Promise<void>
  /** Nothing came: leaves no trace. */
  discard(): Promise<void>
}

export interface SecretOptions extends GlobalOptions {
  /** A file that does not exist yet. */
  readonly out?: string
  /** Keep it as the command line's own bearer. */
  readonly save?: boolean
}

/** The help text of `--out`, the same everywhere. */
export const OUT_HELP = 'write the secret to a new file (mode 0600) instead of stdout'

/**
 * The sink that the options ask for: the token file, a new file, or stdout. `--json` never holds a secret,
 * because its output goes to logs and pipelines.
 *
 * @param what the secret, in words
 * @throws CliError TOKEN_NEEDS_OUT, OUT_EXISTS, OUT_NOT_WRITABLE
 */
export async function secretSink(
  options: SecretOptions,
  what = 'a bearer token',
): Promise<SecretSink> {
  if (options.save) return replacedTokenFile(homeOf(options))
  if (options.out !== undefined) return newSecretFile(options.out)
  if (!options.json) return STDOUT
  throw new CliError(
    'TOKEN_NEEDS_OUT',
    `--json never contains ${what}, and this command makes one`,
    'add --out <file>, or drop --json to get it on stdout',
    EXIT_CODE.usage,
  )
}

const STDOUT: SecretSink = {
  place: null,
  deliver: printOnce,
  discard: async () => {},
}
