import { closeSync, openSync, readSync, statSync } from 'node:fs'
import type { Logger } from 'pino'
import { MIGRATIONS } from '../store/file/migrations.ts'
import { BACKUP_LIMITS } from './limits.ts'
import { type BackupSource, makeBackup } from './make-backup.ts'

/** Where the header of a database has its `user_version` (sqlite.org/fileformat.html, section 1.3.18). */
const VERSION_AT = 60
const HEADER_BYTES = 100

/**
 * Makes a backup of a store that a newer `spl` is about to bring to a newer schema. Each step of that is a transaction, so a failed
 * one loses nothing; this is for who wants to go back to the older `spl`. A start does not wait for a large store, and does not fail
 * where no backup can be made: it says so in the log.
 */
export async function backUpBeforeMigration(source: BackupSource, logger: Logger): Promise<void> {
  const { database } = source
  const schema = schemaIn(database)
  if (schema === 0 || schema >= MIGRATIONS.length) return
  const { size } = statSync(database)
  const about = { schema, newest: MIGRATIONS.length }
  if (size > BACKUP_LIMITS.migrationBytes) {
    return logger.warn(
      { ...about, bytes: size },
      'no backup before the new schema: the store is large',
    )
  }
  try {
    const { name } = await makeBackup(source, 'migration')
    logger.info({ ...about, backup: name }, 'backup made before the new schema')
  } catch (error) {
    logger.warn({ ...about, err: error as Error }, 'no backup before the new schema')
  }
}

/** By the file alone: to open it with SQLite would take in its log. 0 for none. */
function schemaIn(database: string): number {
  let file: number
  try {
    file = openSync(database, 'r')
  } catch {
    // What is wrong with it is told when it is opened.
    return 0
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    const isWhole = readSync(file, header, 0, HEADER_BYTES, 0) === HEADER_BYTES
    return isWhole && header.toString('latin1', 0, 15) === 'SQLite format 3'
      ? header.readUInt32BE(VERSION_AT)
      : 0
  } finally {
    closeSync(file)
  }
}
