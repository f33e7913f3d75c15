import { describe, expect, test } from 'vitest'
import type { BackupReason } from '../../../local-daemon/backup/manifest.ts'
import { type RotatedBackup, superseded } from '../../../local-daemon/backup/rotation.ts'

const HOUR = 3_600_000

/** A backup of a store whose record n has the id `<history><n>`. */
function aBackup(
  at: number,
  records: number,
  given: { epoch?: string; history?: string; reason?: BackupReason } = {},
): RotatedBackup {
  const { epoch = 'e1', history = 'a', reason = 'scheduled' } = given
  return {
    name: `${at}-${epoch}-${records}`,
    reason,
    epoch,
    records,
    made_at: at * HOUR,
    head_id: `${history}${records}`,
  }
}

/** What goes after the last one of these was made, of a store with this history and so many records. */
function gone(backups: readonly RotatedBackup[], keep: number, history = 'a'): readonly string[] {
  const newest = backups.at(-1)
  if (newest === undefined) throw new Error('none')
  const idStartAt = (seq: number) => (seq <= newest.records ? `${history}${seq}` : undefined)
  return superseded(backups, { newest, reason: newest.reason, keep, idStartAt })
}

describe('rotation', () => {
  test('keeps the newest ones, as many as are wanted', () => {
    const backups = [1, 2, 3, 4, 5].map((at) => aBackup(at, at * 10))
    expect(gone(backups, 3)).toEqual(['1-e1-10', '2-e1-20'])
    expect(gone(backups, 5)).toEqual([])
    expect(gone(backups, 1)).toEqual(['1-e1-10', '2-e1-20', '3-e1-30', '4-e1-40'])
  })

  test('never removes the one that was just made', () => {
    expect(gone([aBackup(1, 10)], 1)).toEqual([])
    // The clock was set back: it looks like the oldest.
    expect(gone([aBackup(9, 10), aBackup(8, 20), aBackup(1, 30)], 1)).toEqual([
      '8-e1-20',
      '9-e1-10',
    ])
  })

  test('never lets an emptied or new store drive out what the old one had', () => {
    const old = [1, 2, 3].map((at) => aBackup(at, at * 1000))
    const fresh = [4, 5, 6, 7].map((at) => aBackup(at, at, { epoch: 'e2', history: 'b' }))
    // The last one of the old store stays for good; those before it have nothing that it has not.
    expect(gone([...old, ...fresh], 2, 'b')).toEqual(['1-e1-1000', '2-e1-2000', '4-e2-4', '5-e2-5'])
  })

  test('keeps what a restore has lost, and removes what the store still has', () => {
    const before = [aBackup(1, 100), aBackup(2, 200), aBackup(3, 300)]
    // Restored to 200, and written to since.
    const after = [aBackup(4, 250, { epoch: 'e2', history: 'a' }), aBackup(5, 350, { epoch: 'e2' })]
    const newest = after[1] as RotatedBackup
    const idStartAt = (seq: number) => (seq <= 200 ? `a${seq}` : seq <= 350 ? `c${seq}` : undefined)
    const went = superseded([...before, ...after], {
      newest,
      reason: 'scheduled',
      keep: 1,
      idStartAt,
    })
    expect(went).toEqual(['1-e1-100', '2-e1-200', '4-e2-250'])
  })

  test('of one reason leaves the others alone: asking often removes none of the schedule', () => {
    const backups = [
      aBackup(1, 10),
      aBackup(2, 20, { reason: 'asked' }),
      aBackup(3, 30, { reason: 'asked' }),
    ]
    expect(gone(backups, 1)).toEqual(['2-e1-20'])
  })
})
