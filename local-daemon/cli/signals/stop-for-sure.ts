import { note } from '../output/output.ts'

/** Milliseconds that a stop may take in all, below the patience of `spl serve --stop` (15 s) and of service managers. */
const STOP_MS = 13_000
/** Milliseconds in which a process whose work is over ends by itself. */
const LINGER_MS = 1_000

/**
 * Stops in order, and ends the process whatever is left: a stop that never ends, or a connection that somebody forgot,
 * must not keep a process alive that serves nothing, because no new daemon could take its place.
 */
export async function stopForSure(
  stop: () => Promise<void>,
  { stopMs = STOP_MS, lingerMs = LINGER_MS } = {},
): Promise<void> {
  const tooLong = setTimeout(() => {
    note(`no clean stop within ${stopMs / 1000} s: exiting (${openThings()})`)
    process.exit(process.exitCode ?? 1)
  }, stopMs)
  try {
    await stop()
  } finally {
    clearTimeout(tooLong)
  }
  setTimeout(() => {
    note(`stopped, but something is still open: exiting (${openThings()})`)
    process.exit()
  }, lingerMs).unref()
}

/** What Node still waits for: it helps to find the cause. */
function openThings(): string {
  return process.getActiveResourcesInfo().join(', ')
}
