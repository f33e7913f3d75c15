import type { PathStep } from '../query/condition.ts'

/** Called for each text; returns whether to stop. */
type Visit = (text: string, path: readonly PathStep[]) => boolean

/**
 * Calls `visit` for each string value of a record's body, at any depth, in the order of the canonical text; names of members are none.
 * The path is the same array each time. Returns whether it was stopped.
 *
 * @param raw a record's canonical text; one that is none has no texts
 */
export function eachBodyText(raw: unknown, visit: Visit): boolean {
  return typeof raw === 'string' && visitValue(bodyOf(raw), [], visit)
}

function bodyOf(raw: string): unknown {
  try {
    return (JSON.parse(raw) as { readonly body?: unknown }).body
  } catch {
    return undefined
  }
}

function visitValue(value: unknown, path: PathStep[], visit: Visit): boolean {
  if (typeof value === 'string') return visit(value, path)
  if (typeof value !== 'object' || value === null) return false
  const members = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [step, member] of members) {
    path.push(step)
    const isStopped = visitValue(member, path, visit)
    path.pop()
    if (isStopped) return true
  }
  return false
}
