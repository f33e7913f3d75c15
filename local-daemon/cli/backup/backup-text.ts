import type { BackupView } from '../../backup/backup-view.ts'
import { localTime } from '../output/local-time.ts'
import { fields } from '../output/table.ts'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A size for people: three digits are enough. */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[power]}`
}

/** One backup for people. */
export function backupFields(backup: BackupView): string {
  return fields([
    ['Backup', backup.name],
    ['Made', backup.created_at === null ? undefined : localTime(backup.created_at)],
    ['Records', backup.records?.toString()],
    ['Size', sizeText(backup.bytes)],
    ['SHA-256', backup.sha256 ?? undefined],
    ['Fault', backup.fault ?? undefined],
  ])
}
