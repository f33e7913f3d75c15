import type { BackupListView } from '../../backup/backup-view.ts'
import { CliError } from '../cli-error.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import { localTime } from '../output/local-time.ts'

/** What `spl status` tells of backups; times are Unix times in seconds. */
export interface BackupsNow {
  /** When the newest one that counts was made; null for none. */
  readonly newest_at: number | null
  readonly next_at: number | null
  readonly every_seconds: number | null
  /** The last one that failed, until one succeeds. */
  readonly failure: BackupListView['failure']
  /** The last one that could not be sent elsewhere, until one is. */
  readonly send_failure: BackupListView['failure']
  /** Why the home does not know, outside the store, all that was revoked and redacted. */
  readonly ended_list_failure: BackupListView['failure']
}

/** Null if the bearer may not ask, or the daemon is too old to know. */
export async function backupsOf(client: DaemonClient): Promise<BackupsNow | null> {
  try {
    const list = await client.get<BackupListView>('/v1/backups')
    const { every_seconds, next_at, failure } = list
    const newest = list.data.find(({ fault }) => fault === null)
    return {
      newest_at: newest?.created_at ?? null,
      next_at,
      every_seconds,
      failure,
      send_failure: list.offsite?.failure ?? null,
      ended_list_failure: list.ended_list_failure ?? null,
    }
  } catch (error) {
    if (error instanceof CliError) return null
    throw error
  }
}

/** For people; undefined where there is nothing to tell. */
export function backupsText(backups: BackupsNow | null): string | undefined {
  if (backups === null) return undefined
  const { newest_at: newest, next_at: next, failure, send_failure: unsent } = backups
  const { ended_list_failure: behind } = backups
  const last = newest === null ? 'none yet' : `newest of ${localTime(newest)}`
  if (failure !== null) return `${last}; the last one failed: ${failure.code}`
  if (unsent !== null) return `${last}; it was not sent elsewhere: ${unsent.code}`
  if (behind !== null) return `${last}; what was revoked is not kept beside it: ${behind.code}`
  return next === null ? last : `${last}, next ${localTime(next)}`
}
