import type { History, Subscription } from '../history.ts'
import type { SnapshotRecord, StoreSnapshot } from './store-snapshot.ts'
import type { Violation } from '../violation.ts'

/** What each subscriber was told is the store's own sequence from its beginning to its end: no gap, no repeat. */
export function checkSequences({ subscriptions }: History, store: StoreSnapshot): Violation[] {
  return subscriptions.flatMap((subscription) => checkOne(subscription, store))
}

function checkOne(subscription: Subscription, { records }: StoreSnapshot): Violation[] {
  const { name, thread, after } = subscription
  const found: Violation[] = []
  const say = (kind: Violation['kind'], text: string) =>
    found.push({ check: 'sequences', kind, text: `${name}: ${text}` })
  const bySeq = new Map(records.map((record) => [record.seq, record]))
  const wanted = records.filter(
    (record) => record.seq > after && (thread === undefined || record.thread === thread),
  )
  const told = new Set<number>()
  let before = after
  for (const { seq, id, sha256 } of subscription.records) {
    const stored = bySeq.get(seq)
    if (stored?.id !== id) say('alien', `was told of ${id} as number ${seq}`)
    else if (stored.syncSha256 !== sha256) say('wrong-bytes', `other bytes for number ${seq}`)
    if (told.has(seq)) say('repeat', `number ${seq} came again after ${before}`)
    else if (seq < before) say('disorder', `number ${seq} came after ${before}`)
    told.add(seq)
    before = seq
  }
  const last = Math.max(after, ...told)
  for (const gap of gapsOf(wanted, told, last)) say('gap', gap)
  return found
}

/** Missing numbers, neighbours together. */
function gapsOf(
  wanted: readonly SnapshotRecord[],
  told: ReadonlySet<number>,
  last: number,
): string[] {
  const gaps: { from: number; to: number }[] = []
  let open: { from: number; to: number } | undefined
  for (const { seq } of wanted) {
    if (seq > last) break
    if (told.has(seq)) open = undefined
    else if (open !== undefined) open.to = seq
    else gaps.push((open = { from: seq, to: seq }))
  }
  return gaps.map(({ from, to }) => `was not told of ${from}${from === to ? '' : ` to ${to}`}`)
}
