import type { BackupReason, Manifest } from './manifest.ts'

/** What a rotation must know of a backup. */
export type RotatedBackup = Pick<
  Manifest,
  'name' | 'reason' | 'epoch' | 'records' | 'made_at' | 'head_id'
>

/**
 * The backups that may go, the oldest first: those of one reason beyond the newest `keep`, and of them only those whose every record
 * is in another backup that stays. A store that was emptied, replaced or restored therefore never drives out what it lost.
 *
 * @param backups of any reason, all of them good
 * @param newest the one that was just made and proved; it always stays
 * @param idStartAt the first digits of the id of the record at a sequence number in the store now, which `newest` is a copy of
 */
export function superseded(
  backups: readonly RotatedBackup[],
  {
    newest,
    reason,
    keep,
    idStartAt,
  }: {
    readonly newest: RotatedBackup
    readonly reason: BackupReason
    readonly keep: number
    readonly idStartAt: (seq: number) => string | undefined
  },
): readonly string[] {
  const ofReason = backups
    .filter((one) => one.reason === reason && one.name !== newest.name)
    .toSorted((one, other) => other.made_at - one.made_at)
  const beyond = ofReason.slice(Math.max(0, keep - 1))
  const staying = new Set([newest, ...backups].filter((one) => !beyond.includes(one)))
  const gone: string[] = []
  // The one with most records first: it may have to stay, and then has the records of those after it.
  for (const one of beyond.toSorted((a, b) => b.records - a.records || b.made_at - a.made_at)) {
    if ([...staying].some((other) => holds(other, one))) gone.push(one.name)
    else staying.add(one)
  }
  return gone.toSorted()

  function holds(other: RotatedBackup, one: RotatedBackup): boolean {
    if (other.records < one.records) return false
    // Within one epoch a store only grows.
    if (other.epoch === one.epoch) return true
    return other.epoch === newest.epoch && idStartAt(one.records) === one.head_id
  }
}
