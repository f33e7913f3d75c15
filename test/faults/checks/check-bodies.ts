import { sha256 } from '../../support/clients/ask.ts'
import type { History, TakenBody } from '../history.ts'
import { sequenceOf } from './sequence-of.ts'
import type { StoreSnapshot } from './store-snapshot.ts'
import type { Violation } from '../violation.ts'

/** Every body that was taken for whole has the bytes that the store says it must have. */
export function checkBodies({ bodies }: History, store: StoreSnapshot): Violation[] {
  const byId = new Map(store.records.map((record) => [record.id, record]))
  return bodies.flatMap((body) => {
    const { path, bytes } = body
    const say = (kind: Violation['kind'], text: string): Violation[] => [
      { check: 'bodies', kind, text: `${path}: ${text}` },
    ]
    if (body.kind === 'record') {
      const stored = byId.get(body.id)
      if (stored === undefined) return say('alien', 'is not in the store')
      if (stored.flatSha256 === body.sha256) return []
      const whole = Buffer.byteLength(stored.flat)
      if (bytes < whole) return say('short', `${bytes} of ${whole} bytes were given as the whole`)
      return say('wrong-bytes', 'other bytes than the store has')
    }
    if (body.end === undefined)
      return say('short', `${bytes} bytes, not whole JSON, were given as the whole`)
    if (sha256(listText(body, body.end, store)) === body.sha256) return []
    return say('wrong-bytes', 'other bytes than the store has')
  })
}

/** The list that must have been answered, if it ended where it says. */
function listText(
  { form, after, thread }: TakenBody & { readonly kind: 'list' },
  { upTo, more }: { readonly upTo: string; readonly more: boolean },
  { epoch, records }: StoreSnapshot,
): string {
  const end = sequenceOf(upTo)
  const parts: string[] = []
  for (const record of records) {
    if (record.seq <= after || record.seq > end) continue
    if (thread === undefined || record.thread === thread) parts.push(record[form])
  }
  // Formed here as documented, not by the product: the checker must not repeat its mistake.
  const id = records.find(({ seq }) => seq === end)?.id ?? '0'.repeat(64)
  const cursor = `${epoch}:${end}:${id.slice(0, 12)}`
  const opening = form === 'flat' ? '{"object":"list","data":[' : '{"records":['
  return `${opening}${parts.join(',')}],"has_more":${more},"next_cursor":"${cursor}"}`
}
