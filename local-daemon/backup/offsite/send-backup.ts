import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { backupDamaged } from '../fetch-backup.ts'
import { manifestName } from '../manifest.ts'
import type { BackupPlace } from '../place/backup-place.ts'
import type { GoodBackup } from '../read-backups.ts'

/**
 * Copies a backup with its manifest to another place. What is read is compared with the manifest, and the last bytes are not sent if
 * it is not the file that was signed, so that nothing stays there.
 *
 * @throws ProblemError BACKUP_DAMAGED, or the error of a place
 */
export async function sendBackup(
  from: BackupPlace,
  to: BackupPlace,
  { name, manifest }: GoodBackup,
): Promise<void> {
  const content = await from.get(name)
  await to.put(name, Readable.from(wholeContent(content, manifest), { objectMode: false }))
  await to.put(manifestName(name), Readable.from([await text(await from.get(manifestName(name)))]))
}

/** The content of a backup, of which the last bytes come only if it is the file that was signed. @throws ProblemError BACKUP_DAMAGED */
export async function* wholeContent(
  content: Readable,
  { name, bytes, sha256 }: GoodBackup['manifest'],
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let read = 0
  for await (const chunk of content as AsyncIterable<Buffer>) {
    read += chunk.length
    hash.update(chunk)
    if (read >= bytes && (read > bytes || hash.copy().digest('hex') !== sha256)) break
    yield chunk
  }
  if (read !== bytes || hash.digest('hex') !== sha256) {
    throw backupDamaged(name, 'it is not the file that its manifest was signed for')
  }
}
