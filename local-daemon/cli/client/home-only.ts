import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { destinationOf, type Destination } from './destination.ts'
import type { GlobalOptions } from '../global-options.ts'
import { note } from '../output/output.ts'
import { printable } from '../output/printable.ts'

/** Says of a command that runs something on this machine that the daemon elsewhere, where the others go, is not meant. */
export function noteHomeOnly(command: string, options: GlobalOptions): void {
  // The child of a background start has no person in front of it.
  if ('readyFd' in options) return
  const destination = knownDestination(options)
  if (destination?.kind !== 'elsewhere') return
  note(
    printable(
      `${command} works on this machine, not on ${destination.origin.origin}; try: spl status for that one`,
    ),
  )
}

/**
 * Refuses a command that removes or replaces something on this machine, if the others go elsewhere: it may be meant for there. `--home`
 * says that this machine is meant.
 *
 * @throws CliError HOME_ONLY
 */
export function requireHere(command: string, options: GlobalOptions): void {
  const destination = options.home === undefined ? knownDestination(options) : undefined
  if (destination?.kind !== 'elsewhere') return
  throw new CliError(
    'HOME_ONLY',
    printable(
      `${command} works on this machine, and ${destination.namedBy} names ${destination.origin.origin}`,
    ),
    'run it on the daemon’s machine; to act on this one all the same: --home <directory>',
    EXIT_CODE.usage,
  )
}

/** An address or a login that cannot be read concerns only who goes there. */
function knownDestination(options: GlobalOptions): Destination | undefined {
  try {
    return destinationOf(options)
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}
