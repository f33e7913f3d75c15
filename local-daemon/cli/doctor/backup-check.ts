import { countText } from '../../problem/count-text.ts'
import type { BackupListView } from '../../backup/backup-view.ts'
import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import type { DaemonFacts, Survey } from './survey.ts'

const HOUR = 3_600
const DAY = 24 * HOUR
/** Seconds for which a new store needs no backup, while it has few records. */
const YOUNG = DAY
const FEW = 1000
/** Seconds after which a backup is old where no schedule says so. */
const OLD = 7 * DAY
const NAME = 'backup'
const SET_UP = 'spl config set backup_every 1d'

/** Whether there is a backup that counts, and as new as the schedule says. @param now Unix time, seconds */
export function backupCheck({ daemon, running }: Survey, now: number): Check {
  const backups = daemon?.backups
  if (daemon === undefined || backups === undefined || running?.store === null) {
    return skip(NAME, 'no daemon with a store on disk answers')
  }
  if (backups.failure !== null) {
    const { code, message, try: next } = backups.failure
    return failure(
      NAME,
      `the last backup failed: ${message} [${code}]`,
      next ?? 'spl backup create',
    )
  }
  const newest = backups.data.find(({ fault }) => fault === null)?.created_at ?? null
  if (newest === null) return withoutAny(backups, isNew(daemon, now))
  const age = Math.max(0, now - newest)
  const details = { newest_at: newest, every_seconds: backups.every_seconds }
  const every = backups.every_seconds ?? 0
  // One period may be missed while the machine is off.
  if (age > (every === 0 ? OLD : 2 * every + HOUR)) {
    const next =
      every === 0 ? SET_UP : 'spl backup create; spl logs shows what keeps the schedule from it'
    return warning(NAME, `the newest backup is ${ageText(age)} old`, next, details)
  }
  const faulty = backups.data.filter(({ fault }) => fault !== null)
  const [first] = faulty
  if (first !== undefined) {
    const more = faulty.length > 1 ? `, and ${faulty.length - 1} more` : ''
    const fix = `spl backup remove ${first.name}`
    return warning(NAME, `${first.name} is of no use: ${first.fault}${more}`, fix, details)
  }
  return pass(NAME, `the newest backup is ${ageText(age)} old`, details)
}

function withoutAny(backups: BackupListView, isNewStore: boolean): Check {
  const [faulty] = backups.data
  if (faulty !== undefined) {
    return warning(NAME, `no backup counts: ${faulty.name}: ${faulty.fault}`, 'spl backup create')
  }
  if (isNewStore) return skip(NAME, `no backup yet: ${SET_UP}`)
  return warning(NAME, 'there is no backup', `spl backup create; ${SET_UP}`)
}

/** There is little in it yet. Its age is that of the first token of an account. */
function isNew({ health, tokens }: DaemonFacts, now: number): boolean {
  const [since] = tokens.map(({ created_at: at }) => at).toSorted((one, other) => one - other)
  const isYoung = since === undefined || now - since < YOUNG
  return isYoung && (health.store?.records ?? 0) < FEW
}

/** An age in words: `3 days`. */
export function ageText(seconds: number): string {
  const [unit, size] =
    seconds < 2 * HOUR ? ['minute', 60] : seconds < 2 * DAY ? ['hour', HOUR] : ['day', DAY]
  const count = Math.floor(seconds / Number(size))
  return countText(count, unit)
}
