import { REACH_LIMITS } from './reach.ts'

/** FNV-1a of 32 bits (draft-eastlake-fnv). */
const OFFSET = 0x811c9dc5
const PRIME = 0x01000193
/** Hex digits of one tag. */
const DIGITS = 4
const TAGS = new RegExp(`^(?:[0-9a-f]{${DIGITS}}){1,${REACH_LIMITS.entries}}$`)

/**
 * 16 bits of a thread's name, as four hex digits: all that the gateway is told of the threads that a bearer reaches. Too
 * few to tell a name by: one guess in 65,536 fits by chance. So what does not fit is surely not reached, and of what fits
 * home decides. It is no secret and needs no strength: who finds a name with the same tag gets as far as home.
 * @param thread ASCII
 */
export function threadTag(thread: string): string {
  let hash = OFFSET
  for (let at = 0; at < thread.length; at += 1) {
    hash = Math.imul(hash ^ thread.charCodeAt(at), PRIME)
  }
  const folded = (hash >>> 16) ^ (hash & 0xffff)
  return folded.toString(16).padStart(DIGITS, '0')
}

/** The tags of threads in one text, sorted, so that their order tells nothing. */
export function threadTags(threads: readonly string[]): string {
  return [...new Set(threads.map(threadTag))].toSorted().join('')
}

/** Whether a tag is one of these. */
export function hasTag(tags: string, tag: string): boolean {
  for (let at = 0; at < tags.length; at += DIGITS) if (tags.startsWith(tag, at)) return true
  return false
}

/** The form of `threadTags`. */
export function isThreadTags(value: unknown): value is string {
  return typeof value === 'string' && TAGS.test(value)
}
