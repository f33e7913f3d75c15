import type { StoredRecord } from '../../../../local-daemon/store/stored-record.ts'

/*
 * What a query means, written from docs/find.md alone and without an index: each record is parsed and looked at. Its texts are
 * compared as arrays of code points, its patterns as regular expressions.
 */

export interface Kept {
  readonly record: StoredRecord
  readonly fields: Readonly<Record<string, unknown>>
  readonly body: unknown
}

type Filter = Readonly<Record<string, unknown>>

export function meets(kept: Kept, filter: Filter): boolean {
  return Object.entries(filter).every(([name, value]) => {
    if (name === '$and') return (value as Filter[]).every((one) => meets(kept, one))
    if (name === '$or') return (value as Filter[]).some((one) => meets(kept, one))
    if (name === '$not') return !meets(kept, value as Filter)
    const found = name.startsWith('body') ? step(kept.body, pathOf(name)) : kept.fields[name]
    if (typeof value !== 'object' || value === null) return is(found, value)
    return operators(found, value as Filter)
  })
}

function operators(found: unknown, given: Filter): boolean {
  return Object.entries(given).every(([operator, operand]) => {
    switch (operator) {
      case '$eq':
        return is(found, operand)
      case '$ne':
        return !is(found, operand)
      case '$in':
        return (operand as unknown[]).some((one) => is(found, one))
      case '$nin':
        return !(operand as unknown[]).some((one) => is(found, one))
      case '$exists':
        return (found !== undefined) === operand
      case '$not':
        return !operators(found, operand as Filter)
      case '$like':
        return typeof found === 'string' && like(operand as string, 'su').test(found)
      case '$ilike':
        return typeof found === 'string' && like(fold(operand as string), 'su').test(fold(found))
      default:
        return compares(found, operator, operand)
    }
  })
}

/** As texts of docs/find.md say: NFC, capitals and back; a final sigma is a sigma. */
const fold = (text: string) =>
  text.normalize('NFC').toUpperCase().toLowerCase().replace(/ς/gu, 'σ').normalize('NFC')

function like(pattern: string, flags: string): RegExp {
  const source = [...pattern.matchAll(/\\(.)|(.)/gsu)]
    .map(([, escaped, plain]) => {
      if (plain === '%') return '.*'
      if (plain === '_') return '.'
      return `\\u{${(escaped ?? plain ?? '').codePointAt(0)?.toString(16)}}`
    })
    .join('')
  return new RegExp(`^${source}$`, flags)
}

function compares(found: unknown, operator: string, operand: unknown): boolean {
  if (typeof found !== typeof operand) return false
  const order =
    typeof found === 'number' ? found - (operand as number) : byCodePoints(found, operand)
  if (operator === '$gt') return order > 0
  if (operator === '$gte') return order >= 0
  if (operator === '$lt') return order < 0
  return order <= 0
}

function byCodePoints(one: unknown, other: unknown): number {
  const [ones, others] = [one, other].map((text) =>
    Array.from(String(text), (character) => character.codePointAt(0) ?? 0),
  ) as [number[], number[]]
  for (let at = 0; at < Math.min(ones.length, others.length); at += 1) {
    if (ones[at] !== others[at]) return (ones[at] ?? 0) - (others[at] ?? 0)
  }
  return ones.length - others.length
}

function is(found: unknown, wanted: unknown): boolean {
  if (typeof found !== typeof wanted) return false
  if (typeof found !== 'object' || found === null || wanted === null) return found === wanted
  const [ones, others] = [Object.entries(found), Object.entries(wanted as object)]
  return (
    Array.isArray(found) === Array.isArray(wanted) &&
    ones.length === others.length &&
    ones.every(
      ([name, one]) => Object.hasOwn(wanted as object, name) && is(one, new Map(others).get(name)),
    )
  )
}

/** Names in quotes are JSON strings; the tests write every name so that is not plain. */
function pathOf(name: string): (string | number)[] {
  const steps = name.slice(4).matchAll(/\.([^.[\]"]+)|\.("(?:[^"\\]|\\.)*")|\[(\d+)\]/gsu)
  return Array.from(steps, ([, plain, quoted, index]) =>
    index === undefined ? (plain ?? (JSON.parse(quoted ?? '""') as string)) : Number(index),
  )
}

function step(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null) return undefined
    if (Array.isArray(at) !== (typeof key === 'number')) return undefined
    return Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined
  }, value)
}
