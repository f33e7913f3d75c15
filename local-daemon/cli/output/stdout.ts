import { constants, fstatSync, readFileSync, statSync } from 'node:fs'
import { EXIT_CODE } from '../exit-code.ts'

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
    if (isClosed()) throw new Error('stdout is closed')
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
 * Whether there is no stdout (`>&-`). Node.js opens the null device for reading and writing then, as those do who start a program
 * without any output; `> /dev/null` is for writing alone, and somebody's choice. Only Linux tells the two apart.
 */
function isClosed(): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/mu.exec(readFileSync('/proc/self/fdinfo/1', 'utf8'))?.[1]
    const isBoth = (Number.parseInt(flags ?? '0', 8) & constants.O_RDWR) !== 0
    return isBoth && fstatSync(1).rdev === statSync('/dev/null').rdev
  } catch {
    return false
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
