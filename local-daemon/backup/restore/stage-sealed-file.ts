import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readSync,
  closeSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { RESTORING } from '../../store/file/swap.ts'
import { backupNoRoom } from '../backup-error.ts'
import type { FetchedBackup } from '../fetch-backup.ts'
import { requireRoom } from '../require-room.ts'
import { unseal } from '../seal/seal.ts'

/** How a file of age begins (https://age-encryption.org/v1). */
const AGE_START = 'age-encryption.org/v1'

/** Whether a file that is there was encrypted with age. */
export function isSealedFile(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false
  const start = Buffer.alloc(AGE_START.length)
  const file = openSync(path, 'r')
  try {
    readSync(file, start, 0, start.length, 0)
  } finally {
    closeSync(file)
  }
  return start.toString('latin1') === AGE_START
}

/**
 * Decrypts a file of age into a new directory beside the store, as `stageFile` copies one.
 *
 * @param identities of age, of which any may decrypt
 * @throws ProblemError BACKUP_NO_ROOM, SealError AGE_IDENTITY_WRONG, AGE_FILE_DAMAGED
 */
export async function stageSealedFile(
  path: string,
  parent: string,
  identities: readonly string[],
): Promise<FetchedBackup> {
  const { size } = statSync(path)
  requireRoom(parent, size)
  const directory = mkdtempSync(join(parent, RESTORING))
  const file = join(directory, 'copy.db')
  const discard = async () => rmSync(directory, { recursive: true, force: true })
  try {
    const plain = await unseal(createReadStream(path), { identities })
    await pipeline(plain, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }))
    return { directory, file, [Symbol.asyncDispose]: discard }
  } catch (error) {
    await discard()
    const { code = '' } = error as NodeJS.ErrnoException
    throw /^(?:ENOSPC|EDQUOT)$/u.test(code) ? backupNoRoom(parent, size, error) : error
  }
}
