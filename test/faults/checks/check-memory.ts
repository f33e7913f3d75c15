import type { Violation } from '../violation.ts'

/** Memory at one moment, bytes. */
export interface Memory {
  /** Live objects and buffers of the daemon, after a collection. */
  readonly daemonHeld: number
  readonly daemonRss: number
  readonly gatewayRss: number
}

const MIB = 1024 * 1024

/**
 * How much a run may add. What the daemon holds is exact, after a collection: a few MiB of compiled code and
 * caches. Resident memory is not: allocators keep what a burst of large bodies needed, also in a process that was
 * started anew during the run. A leak of a hundred KiB for each request is found by the first.
 */
const MEMORY_BOUNDS: Memory = {
  daemonHeld: 12 * MIB,
  daemonRss: 96 * MIB,
  gatewayRss: 160 * MIB,
}

export function checkMemory(before: Memory, after: Memory): Violation[] {
  const found: Violation[] = []
  for (const [name, bound] of Object.entries(MEMORY_BOUNDS) as [keyof Memory, number][]) {
    const grown = after[name] - before[name]
    if (grown <= bound) continue
    const text = `${name} grew by ${Math.round(grown / MIB)} MiB, more than ${bound / MIB}`
    found.push({ check: 'memory', kind: 'grown', text })
  }
  return found
}
