import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import type { SecretSink } from './secret-sink.ts'

export interface Loss {
  /** Ends what the secret is for; it may fail, and then that is said. */
  readonly takeBack: () => Promise<unknown>
  /** How to get another one. */
  readonly again: string
}

/**
 * Hands a secret that is shown once to its sink. If that cannot take it, nobody has it, and it must not count: what it is for
 * is taken back, and the person is told how to get another.
 *
 * @throws CliError SECRET_NOT_WRITTEN
 */
export async function deliverSecret(
  sink: Pick<SecretSink, 'place' | 'deliver'>,
  secret: string,
  { takeBack, again }: Loss,
): Promise<void> {
  try {
    await sink.deliver(secret)
  } catch (cause) {
    const isBack = await takeBack().then(
      () => true,
      () => false,
    )
    throw new CliError(
      'SECRET_NOT_WRITTEN',
      `write ${sink.place ?? 'to stdout'}: ${(cause as Error).message}; the secret was not saved, and ${
        isBack ? 'was revoked' : 'could not be revoked from here'
      }`,
      `${again} (--out <file> keeps it off stdout)`,
      EXIT_CODE.failed,
      { cause },
    )
  }
}
