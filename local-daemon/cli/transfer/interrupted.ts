import { detach } from '../../../protocol/detach.ts'
import type { CliError } from '../cli-error.ts'
import { untilSignal } from '../signals/until-signal.ts'

/**
 * Aborts at Ctrl-C and its like.
 *
 * @param interrupted the error that the command then ends with, made at that moment
 */
export function interruptedBySignal(interrupted: () => CliError): AbortSignal {
  const ending = new AbortController()
  detach(
    untilSignal().then(() => ending.abort(interrupted())),
    (error) => ending.abort(error),
  )
  return ending.signal
}
