import { CliError } from '../cli-error.ts'
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

/** An address or a login that cannot be read concerns only who goes there. */
function knownDestination(options: GlobalOptions): Destination | undefined {
  try {
    return destinationOf(options)
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}
