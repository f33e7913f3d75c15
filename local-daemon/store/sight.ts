import { isDaemonThread } from './daemon-threads.ts'

/** What one reader may see of the log. */
export interface Sight {
  /** Leaves out the threads of the daemon itself. */
  readonly withoutOwn?: true | undefined
}

/** The sight of the daemon itself. */
export const EVERYTHING: Sight = Object.freeze({})

/** Whether a reader may see a thread: the one place where this is decided. */
export function sees({ withoutOwn }: Sight, thread: string): boolean {
  return withoutOwn !== true || !isDaemonThread(thread)
}

/** Equal for two sights that see the same. */
export function sightKey({ withoutOwn }: Sight): string {
  return withoutOwn === true ? 'records' : 'everything'
}
