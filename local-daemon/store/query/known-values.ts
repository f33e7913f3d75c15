import type { JsonValue } from '../../../protocol/json/json-value.ts'
import type { Condition } from './condition.ts'
import type { ColumnName } from './record-columns.ts'

/** What each record that meets a condition has in some columns: the ways to find it by an index. */
export interface KnownValues {
  readonly ids: readonly string[] | undefined
  readonly thread: string | undefined
  readonly actor: string | undefined
  readonly namespace: string | undefined
  readonly clock: Range
  readonly created: Range
}

/** Inclusive bounds. */
export interface Range {
  readonly from: number
  readonly to: number
}

export const ANY: Range = { from: 0, to: Number.MAX_SAFE_INTEGER }

/** Reads what must hold of every record, whatever else the condition says. */
export function knownValues(condition: Condition): KnownValues {
  const parts = [...requiredParts(condition)]
  const values = (name: ColumnName) => parts.flatMap((part) => valuesOf(part, name))[0]
  const only = (name: ColumnName) => {
    const found = values(name)
    return found?.length === 1 && typeof found[0] === 'string' ? found[0] : undefined
  }
  return {
    ids: values('id')?.filter((value) => typeof value === 'string'),
    thread: only('thread'),
    actor: only('actor'),
    namespace: only('namespace'),
    clock: rangeOf(parts, 'clock'),
    created: rangeOf(parts, 'created_at'),
  }
}

function* requiredParts(condition: Condition): Generator<Condition> {
  if (condition.kind !== 'all') yield condition
  else for (const part of condition.of) yield* requiredParts(part)
}

function valuesOf(part: Condition, name: ColumnName): (readonly JsonValue[])[] {
  const isOf = part.kind === 'in' && part.field.kind === 'column' && part.field.name === name
  return isOf ? [part.values] : []
}

/** The narrowest range that the parts leave: a wider one than the truth is right too, because the filter is applied all the same. */
function rangeOf(parts: readonly Condition[], name: ColumnName): Range {
  let { from, to } = ANY
  for (const part of parts) {
    if (part.kind === 'compare' && part.field.kind === 'column' && part.field.name === name) {
      const value = part.value as number
      if (part.by.startsWith('>')) from = Math.max(from, Math.floor(value))
      else to = Math.min(to, Math.ceil(value))
    }
    for (const values of valuesOf(part, name)) {
      const numbers = values.filter((value) => typeof value === 'number')
      from = Math.max(from, Math.floor(Math.min(...numbers)))
      to = Math.min(to, Math.ceil(Math.max(...numbers)))
    }
  }
  return { from, to }
}
