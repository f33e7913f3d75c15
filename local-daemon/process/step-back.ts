import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Lets this thread wait behind those that answer. Linux keeps a priority for each thread (sched(7)); elsewhere the whole process
 * would step back, so nothing is done there.
 *
 * @param nice as `nice`: 0 is everybody's, 19 the last
 */
export function stepBack(nice: number): void {
  if (process.platform !== 'linux') return
  try {
    // `<pid>/task/<tid>`
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), nice)
  } catch {
    // Without /proc: it works as well, only less politely.
  }
}
