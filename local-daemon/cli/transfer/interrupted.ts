import { detach } from '../../../protocol/detach.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { untilSignal } from '../signals/until-signal.ts'

/** Aborts at Ctrl-C and its like, with the error that the command then ends with. */
export function interruptedBySignal(): AbortSignal {
  const ending = new AbortController()
  detach(
    untilSignal().then(() => ending.abort(interrupted())),
    (error) => ending.abort(error),
  )
  return ending.signal
}

function interrupted(): CliError {
  return new CliError(
    'INTERRUPTED',
    'stopped before the end',
    'run the same command again, and it goes on from here',
    EXIT_CODE.interrupted,
  )
}
