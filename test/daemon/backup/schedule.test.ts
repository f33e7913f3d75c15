import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { Backups } from '../../../local-daemon/backup/backups.ts'
import type { BackupSource } from '../../../local-daemon/backup/make-backup.ts'
import type { BackupReason, Manifest } from '../../../local-daemon/backup/manifest.ts'
import { nextRun } from '../../../local-daemon/backup/next-run.ts'
import { directoryPlace } from '../../../local-daemon/backup/place/directory-place.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../support/daemon/a-store.ts'
import { until } from '../../support/until.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('the next backup', () => {
  const every = 3600
  test.each([
    ['is never due without a schedule', { every: 0, lastAt: 5, failed: undefined }, undefined],
    [
      'is due at once if there was none',
      { every, lastAt: undefined, failed: undefined },
      100 * HOUR,
    ],
    [
      'is due a period after the last',
      { every, lastAt: 99.5 * HOUR, failed: undefined },
      100.5 * HOUR,
    ],
    ['is due at once after a sleep', { every, lastAt: 3 * HOUR, failed: undefined }, 4 * HOUR],
    [
      'is not put off by a clock set back',
      { every, lastAt: 900 * HOUR, failed: undefined },
      100 * HOUR,
    ],
    [
      'is tried again a minute after a failure',
      { every, lastAt: 3 * HOUR, failed: { count: 1, at: 100 * HOUR - 1 } },
      100 * HOUR - 1 + MINUTE,
    ],
    [
      'is tried again at longer and longer times, at most a period',
      { every, lastAt: 3 * HOUR, failed: { count: 30, at: 99.9 * HOUR } },
      100.9 * HOUR,
    ],
  ])('%s', (_what, state, due) => {
    expect(nextRun(state, 100 * HOUR, MINUTE)).toBe(due)
  })
})

/** Backups whose clock and whose making a test has in its hand. */
async function scheduled(every = 3600) {
  const home = aHome()
  let now = 1_000 * HOUR
  let fails = false
  let value = every
  const made: { at: number; reason: BackupReason }[] = []
  const waiting: (() => void)[] = []
  let holds = false
  const signer = anOrigin()
  const source: BackupSource = {
    database: '',
    directory: home.path,
    place: directoryPlace(home.path),
    signer,
  }
  const backups = new Backups({
    source,
    store: { page: () => ({ records: [], cut: false }) as never },
    lineage: [],
    settings: () => ({ backup_every: value, backup_keep: 7 }),
    logger: pino({ level: 'silent' }),
    now: () => now,
    make: async (_source, reason) => {
      made.push({ at: now, reason })
      if (holds) await new Promise<void>((resolve) => waiting.push(resolve))
      if (fails) throw new Error('the disk fails')
      return { name: 'x', reason, made_at: now, records: 1, bytes: 1 } as Manifest
    },
  })
  const idle = () => until('nothing is made', () => holds || !backups.report().running)
  await backups.start()
  await idle()
  return {
    backups,
    made,
    /** Time goes by, in looks of half a minute. */
    async pass(ms: number): Promise<void> {
      for (let gone = 0; gone < ms; gone += MINUTE / 2) {
        now += MINUTE / 2
        backups.tick()
        await idle()
      }
    },
    /** The machine sleeps: no look meanwhile. */
    async sleep(ms: number): Promise<void> {
      now += ms
      backups.tick()
      await idle()
    },
    fail: (does: boolean) => (fails = does),
    hold: (does: boolean) => (holds = does),
    release: () => waiting.splice(0).forEach((go) => go()),
    set: (next: number) => (value = next),
    async [Symbol.asyncDispose]() {
      waiting.splice(0).forEach((go) => go())
      await backups.stop()
      home[Symbol.dispose]()
    },
  }
}

describe('the schedule', () => {
  test('makes one each period, and one for all that a sleep has missed', async () => {
    await using at = await scheduled()
    await at.pass(5 * HOUR)
    // The first one at once, then each hour.
    expect(at.made.length).toBe(6)
    await at.sleep(50 * HOUR)
    await at.pass(10 * MINUTE)
    expect(at.made.length).toBe(7)
    expect(new Set(at.made.map(({ reason }) => reason))).toEqual(new Set(['scheduled']))
  })

  test('follows a changed setting at once, and stops with it', async () => {
    await using at = await scheduled(0)
    await at.pass(HOUR)
    expect(at.made).toEqual([])
    at.set(600)
    await at.pass(HOUR)
    expect(at.made.length).toBe(6)
    at.set(0)
    await at.pass(HOUR)
    expect(at.made.length).toBe(6)
  })

  test('tells of failures until one succeeds, and tries again less and less often', async () => {
    await using at = await scheduled()
    await at.pass(10 * MINUTE)
    at.fail(true)
    await at.pass(HOUR)
    const first = at.made.length
    expect(at.backups.report().failure).toMatchObject({
      code: 'BACKUP_FAILED',
      message: 'the disk fails',
    })
    await at.pass(6 * HOUR)
    expect(at.made.length - first).toBeLessThan(16)
    expect(at.backups.counts.failed).toBe(at.backups.report().failure?.count)
    at.fail(false)
    await at.pass(2 * HOUR)
    expect(at.backups.report().failure).toBeUndefined()
  })

  test('never makes two at once', async () => {
    await using at = await scheduled()
    await at.pass(MINUTE)
    const before = at.made.length
    at.hold(true)
    await at.pass(5 * HOUR)
    expect(at.made.length).toBe(before + 1)
    await expect(at.backups.make('asked')).rejects.toMatchObject({ code: 'BACKUP_RUNNING' })
    at.hold(false)
    at.release()
    await at.pass(2 * HOUR)
    expect(at.made.length).toBeGreaterThan(before + 1)
  })
})
