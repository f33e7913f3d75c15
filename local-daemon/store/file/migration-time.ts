import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { MIGRATIONS } from './migrations.ts'

/** Bytes of a database file's header up to the end of `user_version` (sqlite.org/fileformat2.html, "The Database Header"). */
const HEADER_BYTES = 64
const USER_VERSION_AT = 60
/** Ten times what a gibibyte took on two shared cores with a solid-state disk. */
const MS_PER_GIB = 130_000

/**
 * Milliseconds that a start may need to bring a store to the newest schema, besides its usual time; 0 if it has that schema, or is not
 * there. A file that cannot be read is named by the start itself.
 */
export function migrationMs(path: string): number {
  try {
    const { size } = statSync(path)
    return schemaOf(path) < MIGRATIONS.length ? Math.ceil((size / 2 ** 30) * MS_PER_GIB) : 0
  } catch {
    return 0
  }
}

/** Read without SQLite, which would lock the file that a daemon is about to open. */
function schemaOf(path: string): number {
  const file = openSync(path, 'r')
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    const length = readSync(file, header, 0, HEADER_BYTES, 0)
    return length < HEADER_BYTES ? MIGRATIONS.length : header.readUInt32BE(USER_VERSION_AT)
  } finally {
    closeSync(file)
  }
}
