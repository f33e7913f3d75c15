import { open, unlink } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { wholeContent } from '../../backup/offsite/send-backup.ts'
import { parseRecipient } from '../../backup/seal/age-keys.ts'
import { seal } from '../../backup/seal/seal.ts'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { backupHome } from './backup-home.ts'
import { findBackup } from './find-backup.ts'

/** A file that waits for a backup, encrypted to its recipients. */
export interface SealedFile {
  /** Writes the backup of that name, as its manifest was signed for. @throws ProblemError BACKUP_DAMAGED */
  fill(home: Home, name: string): Promise<void>
  /** It goes, if it was not filled. */
  discard(): Promise<void>
}

/**
 * Makes the file before there is a backup for it, so that nothing is made in vain.
 *
 * @param path of a new file, mode 0600
 * @throws SealError AGE_RECIPIENT_INVALID, CliError OUT_EXISTS, OUT_NOT_WRITABLE
 */
export async function sealedFile(path: string, recipients: readonly string[]): Promise<SealedFile> {
  const to = recipients.map(parseRecipient)
  const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw notWritten(path, cause)
  })
  let isFilled = false
  return {
    async fill(home, name) {
      const at = backupHome(home)
      const { manifest } = await findBackup(at, name)
      const content = await at.source.place.get(name)
      const plain = Readable.from(wholeContent(content, manifest), { objectMode: false })
      const sealed = await seal(plain, { recipients: to })
      await pipeline(sealed, file.createWriteStream({ flush: true }))
      isFilled = true
    },
    async discard() {
      if (isFilled) return
      await file.close().catch(() => {})
      await unlink(path)
    },
  }
}

function notWritten(path: string, cause: NodeJS.ErrnoException): CliError {
  const exists = cause.code === 'EEXIST'
  return new CliError(
    exists ? 'OUT_EXISTS' : 'OUT_NOT_WRITABLE',
    exists ? `${path} already exists and was not changed` : `make ${path}: ${cause.message}`,
    'choose another file; no backup was made',
    EXIT_CODE.usage,
    { cause },
  )
}
