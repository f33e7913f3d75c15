import { isWithinReach, type Reach, reachEntries } from '../../protocol/identity/reach.ts'
import { isDaemonThread } from './daemon-threads.ts'

/** What one reader may see of the log. */
export interface Sight {
  /** Leaves out the threads of the daemon itself. A reach never includes them. */
  readonly withoutOwn?: true | undefined
  /** Only what is within this reach. */
  readonly reach?: Reach | undefined
}

/** The sight of the daemon itself. */
export const EVERYTHING: Sight = Object.freeze({})

/**
 * Whether a reader may see a thread: the one place where this is decided.
 * @param namespaceOf the namespace of a thread; undefined for one that does not exist
 */
export function sees(
  { withoutOwn, reach }: Sight,
  thread: string,
  namespaceOf: (thread: string) => string | undefined,
): boolean {
  if (reach === undefined) return withoutOwn !== true || !isDaemonThread(thread)
  if (isDaemonThread(thread)) return false
  const namespace = reach.namespaces.length === 0 ? undefined : namespaceOf(thread)
  return isWithinReach(reach, thread, namespace)
}

/** Equal for two sights that see the same. */
export function sightKey({ withoutOwn, reach }: Sight): string {
  if (reach !== undefined) return `reach ${reachEntries(reach).join(' ')}`
  return withoutOwn === true ? 'records' : 'everything'
}
