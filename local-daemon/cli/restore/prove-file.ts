import { closeSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { ProblemError } from '../../problem/problem-error.ts'
import { openConnection } from '../../store/file/open-connection.ts'
import { StoreOpenError } from '../../store/store-error.ts'
import type { BackupHome } from '../backup/backup-home.ts'
import { CliError } from '../cli-error.ts'
import type { Progress } from '../output/progress.ts'
import { verifyStore } from '../verify/verify-store.ts'

/** Damage that is told of, the first of it. */
const NAMED = 3

interface Wish {
  /** The file that was given. */
  readonly named: string
  readonly force: boolean
  readonly progress: Pick<Progress, 'say' | 'count'>
}

/**
 * Proves everything in a copy of a file that nobody signed for. It is brought to the newest schema first. Refusals name the file that was
 * given: nobody knows the copy.
 *
 * @throws ProblemError BACKUP_DAMAGED, CliError BACKUP_UNREADABLE, BACKUP_FOREIGN, StoreOpenError
 */
export async function proveWhole(
  file: string,
  { named, force, progress }: Wish,
  { identities }: BackupHome,
): Promise<void> {
  const [did = '', ...lineage] = identities
  try {
    openConnection(file, { named: resolve(named) }).close()
    progress.say('checking every record')
    const { count, findings, records } = await verifyStore({
      path: file,
      did,
      lineage,
      onProgress: (done, total) => progress.count(done, total),
    })
    if (records === 0 && count === 0) throw emptyFile(named)
    if (count === 0 || force) return
    const told = findings.slice(0, NAMED).map(({ message }) => message)
    const more = count > told.length ? `, and ${count - told.length} more` : ''
    throw new ProblemError('BACKUP_DAMAGED', `${named} is damaged: ${told.join('; ')}${more}`, {
      try: 'Use another backup: spl backup list. To restore what this one still has: --force',
    })
  } catch (error) {
    throw error instanceof StoreOpenError ? ofTheGiven(error, file, named) : error
  }
}

function emptyFile(named: string): CliError {
  return new CliError(
    'BACKUP_UNREADABLE',
    `${named} cannot be restored: it is empty, and holds no record`,
    'name another copy of hub.db, with its -wal beside it; or a backup: spl backup list',
  )
}

function ofTheGiven(error: StoreOpenError, file: string, named: string): Error {
  const { code, message } = error
  if (code === 'IDENTITY_MISMATCH') {
    return new CliError(
      'BACKUP_FOREIGN',
      message.replace(`The store ${file}`, named).replace(/: nothing of it was judged$/u, ''),
      'put the keys of that home in place: spl identity restore <file>; or name it: --home <dir>; or move records: spl export',
    )
  }
  if (code !== 'STORE_UNREADABLE') return error
  return new CliError(
    'BACKUP_UNREADABLE',
    `${named} cannot be restored: ${message.replace(`Open store ${file}: `, '')}`,
    'name a copy of hub.db, or a backup: spl backup list',
  )
}

/** @throws CliError BACKUP_UNREADABLE for a file of `spl export` or of records, which is restored by nobody */
export function refuseExport(named: string): void {
  if (!isText(named)) return
  throw new CliError(
    'BACKUP_UNREADABLE',
    `${named} is no copy of a store: it looks like an export`,
    `take its records in, while the daemon runs: spl import ${named}`,
  )
}

/** Whether a file begins as a line of JSON does, after a mark of UTF-8 too. False for one that cannot be read: that is told later. */
function isText(path: string): boolean {
  const start = Buffer.alloc(16)
  try {
    const file = openSync(path, 'r')
    try {
      readSync(file, start, 0, start.length, 0)
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
  return /^\uFEFF?\s*\{\s*"/u.test(start.toString('utf8'))
}
