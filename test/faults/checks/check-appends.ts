import type { History } from '../history.ts'
import type { StoreSnapshot } from './store-snapshot.ts'
import type { Violation } from '../violation.ts'

/** Every append that was acknowledged is in the store, every append is there at most once, and nothing else is. */
export function checkAppends({ appends }: History, { records }: StoreSnapshot): Violation[] {
  const found: Violation[] = []
  const say = (kind: Violation['kind'], text: string) =>
    found.push({ check: 'appends', kind, text })
  const idsByKey = new Map<string, string[]>()
  for (const { id, key, seq, sound } of records) {
    if (!sound) say('wrong-bytes', `record ${seq} is not what its id says`)
    if (key === undefined) continue
    idsByKey.set(key, [...(idsByKey.get(key) ?? []), id])
    if (!appends.has(key)) say('alien', `record ${seq} has the key ${key}, which nobody sent`)
  }
  for (const [index, { seq }] of records.entries()) {
    if (seq !== index + 1) {
      say('gap', `record ${index + 1} of the store has the number ${seq}`)
      break
    }
  }
  for (const { key, acknowledged, tries } of appends.values()) {
    const stored = idsByKey.get(key) ?? []
    if (stored.length > 1)
      say('doubled', `${key}, sent ${tries} times, made ${stored.length} records`)
    if (acknowledged.size > 1)
      say('doubled', `${key} was acknowledged as ${acknowledged.size} records`)
    for (const id of acknowledged) {
      if (!stored.includes(id)) say('lost', `${key} was acknowledged as ${id}, which is not stored`)
    }
  }
  return found
}
