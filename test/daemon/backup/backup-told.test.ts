import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { backupCheck } from '../../../local-daemon/cli/doctor/backup-check.ts'
import type { Survey } from '../../../local-daemon/cli/doctor/survey.ts'
import type { BackupListView, BackupView } from '../../../local-daemon/backup/backup-view.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

const DAY = 24 * 3600
const NOW = 1_000 * DAY

/** What doctor sees of a daemon that has had an account for so many days. */
function seen(given: Partial<BackupListView>, days = 30, records = 10): Survey {
  const nothing = { object: 'list', data: [], has_more: false, next_cursor: null } as const
  const backups = { ...nothing, every_seconds: 0, keep: 7, next_at: null, failure: null, ...given }
  const tokens = [{ created_at: NOW - days * DAY }]
  return { daemon: { backups, tokens, health: { store: { records } } } } as unknown as Survey
}

const aged = (days: number, fault: string | null = null) =>
  ({ name: 'b', created_at: fault === null ? NOW - days * DAY : null, fault }) as BackupView

describe('spl doctor on backups', () => {
  test.each([
    ['a young store without one', seen({}, 0.5), 'skip', /no backup yet: spl config set/],
    ['a young store with much in it', seen({}, 0.5, 1000), 'warn', /there is no backup/],
    ['an older store without one', seen({}), 'warn', /there is no backup/],
    ['one of today', seen({ data: [aged(0.5)] }), 'pass', /12 hours old/],
    ['one of last month, without a schedule', seen({ data: [aged(30)] }), 'warn', /30 days old/],
    [
      'one that one period was missed since',
      seen({ every_seconds: DAY, data: [aged(1.9)] }),
      'pass',
      /45 hours/,
    ],
    [
      'one that the schedule has left alone',
      seen({ every_seconds: DAY, data: [aged(3)] }),
      'warn',
      /3 days old/,
    ],
    ['one that is of no use', seen({ data: [aged(0, 'cut')] }), 'warn', /no backup counts: b: cut/],
    [
      'an older one of no use',
      seen({ data: [aged(1), aged(0, 'cut')] }),
      'warn',
      /b is of no use: cut/,
    ],
    [
      'a failure',
      seen({
        data: [aged(1)],
        failure: { code: 'BACKUP_NO_ROOM', message: 'full', try: 'x', at: NOW },
      }),
      'fail',
      /the last backup failed: full \[BACKUP_NO_ROOM\]/,
    ],
  ] as const)('tells of %s', (_what, survey, status, message) => {
    expect(backupCheck(survey, NOW)).toMatchObject({
      status,
      message: expect.stringMatching(message),
    })
  })

  test('tries a restore with --deep, leaves nothing of it, and finds a backup that cannot be restored', async () => {
    await using home = aKeptHome()
    await home.start()
    const spl = (...args: readonly string[]) => runHere(args, { home: home.path })
    const drill = async () => {
      const { stdout } = await spl('doctor', '--deep', '--no-outside', '--json')
      const { checks } = JSON.parse(stdout) as { checks: { name: string }[] }
      return checks.find(({ name }) => name === 'restore-drill')
    }
    await home.append(12)
    const { records } = { records: home.daemon().store.head() }
    expect(await drill()).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('BACKUP_NOT_FOUND'),
    })
    const { name } = JSON.parse((await spl('backup', 'create', '--json')).stdout) as {
      name: string
    }
    expect(await drill()).toMatchObject({ status: 'pass', details: { name, records } })
    expect((await spl('backup', 'list', '--json')).stdout).toContain(name)
    const status = JSON.parse((await spl('status', '--json')).stdout) as { backups: object }
    expect(status.backups).toMatchObject({ newest_at: expect.any(Number), failure: null })
    expect(home.daemon().store.head()).toBe(records)
    truncateSync(join(home.path, 'backups', name), 8192)
    expect(await drill()).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('BACKUP_DAMAGED'),
    })
  })
})
