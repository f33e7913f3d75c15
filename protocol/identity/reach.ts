import { isInNamespace, isNamespaceName, NAMESPACE_RULE } from './namespace-name.ts'
import type { Scope } from './scopes.ts'
import { THREAD_ID } from './thread-id.ts'

/** Where a bearer may read and write: a scope says what, a reach says where. Undefined in its place: everywhere. */
export interface Reach {
  /** Namespaces, each with all that is below it. */
  readonly namespaces: readonly string[]
  /** Single threads, wherever they are. */
  readonly threads: readonly string[]
}

/** What bounds a reach. */
export const REACH_LIMITS = {
  /** Namespaces and threads of one reach together. */
  entries: 64,
} as const

/**
 * Scopes that are about the whole daemon: its accounts, settings, metrics and link. They cannot be bounded by a place, so
 * no bearer has one of them and a reach.
 */
export const SCOPES_WITHOUT_REACH: ReadonlySet<string> = new Set<Scope>([
  'admin',
  'config:read',
  'config:write',
])

/** The scopes that a bearer has: with a reach none of these, whoever made it. */
export function scopesWithin(
  reach: Reach | undefined,
  scopes: readonly string[],
): readonly string[] {
  return reach === undefined ? scopes : scopes.filter((scope) => !SCOPES_WITHOUT_REACH.has(scope))
}

/** What begins like this in the text of a reach is a thread, all else a namespace. */
const THREAD_START = 'th_'

/** Why a text is no reach. */
export class ReachError extends Error {
  override readonly name = 'ReachError'
}

/**
 * A reach from its entries as a person writes them, such as `team/ops` and `th_x`, in canonical form: sorted, each entry
 * once, none inside another. Throws `ReachError`.
 */
export function parseReach(entries: readonly string[]): Reach {
  const threads = entries.filter((entry) => entry.startsWith(THREAD_START))
  const namespaces = entries.filter((entry) => !entry.startsWith(THREAD_START))
  return canonicalReach({ namespaces, threads })
}

/** The entries of a reach as a person writes them. */
export function reachEntries({ namespaces, threads }: Reach): readonly string[] {
  return [...namespaces, ...threads]
}

/** The canonical form of a reach. Throws `ReachError`. */
export function canonicalReach({ namespaces, threads }: Reach): Reach {
  const most = REACH_LIMITS.entries
  const count = namespaces.length + threads.length
  if (count === 0) throw new ReachError('a reach names a namespace or a thread')
  if (count > most) throw new ReachError(`a reach names at most ${most} namespaces and threads`)
  for (const name of namespaces) {
    // It could not be told from a thread where both are written in one list.
    if (!isNamespaceName(name) || name.startsWith(THREAD_START)) {
      throw new ReachError(`${shown(name)} ${NAMESPACE_RULE}; a thread begins with th_`)
    }
  }
  for (const thread of threads) {
    if (!THREAD_ID.test(thread)) {
      throw new ReachError(`${shown(thread)} must be the id of a thread, such as th_9f2c`)
    }
  }
  const outermost = namespaces.filter(
    (name) => !namespaces.some((other) => other !== name && isInNamespace(name, other)),
  )
  return { namespaces: sorted(outermost), threads: sorted(threads) }
}

/** Whether a thread is within a reach. @param namespace of the thread; undefined: there is no such thread yet */
export function isWithinReach(
  { namespaces, threads }: Reach,
  thread: string,
  namespace: string | undefined,
): boolean {
  if (threads.includes(thread)) return true
  return namespace !== undefined && namespaces.some((name) => isInNamespace(namespace, name))
}

/**
 * Whether a bearer with the reach `parent` may hand out `child`: everything in it is in the parent.
 * @param namespaceOf the namespace of a thread, which never changes; undefined: there is no such thread yet. Without it a
 *   thread of one of the parent's namespaces is not in it: where a thread is, only the store knows.
 */
export function narrows(
  parent: Reach | undefined,
  child: Reach | undefined,
  namespaceOf: (thread: string) => string | undefined = () => undefined,
): boolean {
  if (parent === undefined) return true
  if (child === undefined) return false
  return (
    child.threads.every((thread) => isWithinReach(parent, thread, namespaceOf(thread))) &&
    child.namespaces.every((name) => parent.namespaces.some((other) => isInNamespace(name, other)))
  )
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted()
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
