import { EXIT_CODE } from './exit-code.ts'

/** Something is written whose loss somebody deals with. */
let awaited = 0

/** Writes text; a failure ends the process with one line: see {@link watchStdout}. */
export function writeOut(text: string): void {
  process.stdout.write(text)
}

/**
 * Writes text that must not get lost, and resolves once the system has it.
 *
 * @throws Error of the system, ENOSPC or EPIPE for example
 */
export async function deliverOut(text: string): Promise<void> {
  awaited += 1
  try {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
    })
    awaited -= 1
  } catch (error) {
    // The event of the same failure comes after it.
    setImmediate(() => (awaited -= 1))
    throw error
  }
}

/**
 * Ends the process when stdout takes no more. A reader that has read enough, as in `spl thread list | head -1`, is no
 * failure of ours; a full disk is. What stderr does not take cannot be said anywhere.
 *
 * @param failed tells a person, and returns the exit code
 */
export function watchStdout(failed: (error: Error) => number): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (awaited > 0) return
    process.exit(error.code === 'EPIPE' ? EXIT_CODE.ok : failed(error))
  })
}
