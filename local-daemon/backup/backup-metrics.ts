import { type Family, single } from '../../protocol/http/exposition.ts'
import type { Backups } from './backups.ts'
import type { Offsite } from './offsite/offsite.ts'

/** What makes backups, and what sends them elsewhere. */
export interface BackupsOfDaemon {
  readonly backups: Backups
  readonly offsite: Offsite
}

/** The backups as metrics: how old the newest one is, and whether they fail. */
export function backupMetrics({ backups, offsite }: BackupsOfDaemon): Family[] {
  const { newest, failure, every } = backups.report()
  const { made, failed } = backups.counts
  return [
    single('spl_backups_total', 'counter', 'Backups made since the start.', made),
    single('spl_backup_failures_total', 'counter', 'Backups that failed since the start.', failed),
    single(
      'spl_backup_failing',
      'gauge',
      '1 from a backup that failed until one succeeds.',
      failure === undefined ? 0 : 1,
    ),
    single(
      'spl_backup_newest_timestamp_seconds',
      'gauge',
      'When the newest backup was made, Unix time; 0 without one.',
      (newest?.made_at ?? 0) / 1000,
    ),
    single(
      'spl_backup_newest_bytes',
      'gauge',
      'Bytes of the newest backup; 0 without one.',
      newest?.bytes ?? 0,
    ),
    single(
      'spl_backup_interval_seconds',
      'gauge',
      'Seconds between two backups by the setting backup_every; 0 for none.',
      every,
    ),
    ...offsiteMetrics(offsite),
  ]
}

function offsiteMetrics(offsite: Offsite): Family[] {
  const { newest, failure } = offsite.report() ?? {}
  const { sent, failed } = offsite.counts
  return [
    single('spl_backups_sent_total', 'counter', 'Backups sent elsewhere since the start.', sent),
    single(
      'spl_backup_send_failures_total',
      'counter',
      'Tries to send a backup elsewhere that failed since the start.',
      failed,
    ),
    single(
      'spl_backup_send_failing',
      'gauge',
      '1 from a backup that could not be sent until one is.',
      failure === undefined ? 0 : 1,
    ),
    single(
      'spl_backup_sent_newest_timestamp_seconds',
      'gauge',
      'When the newest backup elsewhere was made, Unix time; 0 without one, or while it is not known.',
      (newest?.made_at ?? 0) / 1000,
    ),
  ]
}
