import { countText } from '../../problem/count-text.ts'
import { note, noteNext, warn } from '../output/output.ts'

/** Names of the backups that may still have the body of a redacted record. */
export interface BackupHolders {
  /** Null if they cannot be listed. */
  readonly home: readonly string[] | null
  /** In the bucket; the names are those that the backups have at home. */
  readonly elsewhere: readonly string[]
}

/** Names in a message; more are counted. */
const NAMED = 5
/** `hub-<time>-`: all that a name at home and its name in the bucket share. */
const TIME = /^hub-\d{8}T\d{6}Z-/u

/** Says on stderr which backups may still have the body, and how to remove them. */
export function showHolders({ home, elsewhere }: BackupHolders): void {
  if (home === null) warn('the backups at home cannot be listed; some may still have the body')
  const count = (home?.length ?? 0) + elsewhere.length
  if (count === 0) return
  warn(`${countText(count, 'backup')} from before may still have the body:`)
  const lines = [...(home ?? []), ...elsewhere.map((name) => `${sealedAs(name)} (backup_to)`)]
  for (const line of lines.slice(0, NAMED)) note(`  ${line}`)
  if (count > NAMED) note(`  and ${count - NAMED} more: --json`)
  noteNext('make a newer one first', 'spl backup create')
  if (home === null || home.length > 0) {
    noteNext('then remove each of these at home', 'spl backup remove <name>')
  }
  if (elsewhere.length > 0) {
    note('then delete those of backup_to with a tool of the S3 store, each .age with')
    note('its .age.note: spl removes none there')
  }
}

function sealedAs(name: string): string {
  const [time] = TIME.exec(name) ?? []
  return time === undefined ? name : `${time}*.age`
}
