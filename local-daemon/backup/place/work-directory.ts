import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { takeExclusiveLock } from '../../home/exclusive-lock.ts'

/** A name that begins like this is of a file or directory that is being written, or was when its process was killed. */
export const UNFINISHED = '.part-'
/** The file in a work directory that its process has locked. */
const LOCK = 'lock'
/** Time that a process has to lock what it made, milliseconds. */
const UNLOCKED_MS = 10_000

/** A directory for what is not finished; it goes with what is in it. */
export interface WorkDirectory extends AsyncDisposable {
  readonly path: string
}

/**
 * Makes one, mode 0700, and locks it for as long as this process lives: others can then tell it from what a killed process left, which may
 * be as large as the store. Throws the system's error.
 */
export async function makeWorkDirectory(
  parent: string,
  prefix: string = UNFINISHED,
): Promise<WorkDirectory> {
  const path = await mkdtemp(join(parent, prefix))
  const lock = takeExclusiveLock(join(path, LOCK))
  return {
    path,
    async [Symbol.asyncDispose]() {
      lock?.release()
      await rm(path, { recursive: true, force: true })
    },
  }
}

/** Removes a work directory that a killed process left; leaves one whose process lives. */
export async function removeIfAbandoned(path: string): Promise<void> {
  const { mtimeMs = Infinity } = (await stat(path).catch(() => undefined)) ?? {}
  if (Date.now() - mtimeMs < UNLOCKED_MS) return
  const lock = takeExclusiveLock(join(path, LOCK))
  if (lock === undefined) return
  lock.release()
  await rm(path, { recursive: true, force: true })
}
