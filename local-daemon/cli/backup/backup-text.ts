import type { BackupView } from '../../backup/backup-view.ts'
import { bytesText } from '../../problem/bytes-text.ts'
import { localTime } from '../output/local-time.ts'
import { fields } from '../output/table.ts'

/** One backup for people. */
export function backupFields(backup: BackupView): string {
  return fields([
    ['Backup', backup.name],
    ['Made', backup.created_at === null ? undefined : localTime(backup.created_at)],
    ['Records', backup.records?.toString()],
    ['Size', bytesText(backup.bytes)],
    ['SHA-256', backup.sha256 ?? undefined],
    ['Fault', backup.fault ?? undefined],
  ])
}
