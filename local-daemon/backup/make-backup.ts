import { mkdir } from 'node:fs/promises'
import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { VERSION } from '../process/version.ts'
import type { LocalOrigin } from '../store/transactor.ts'
import { copyProblem, systemProblem } from './backup-error.ts'
import { backupName } from './backup-name.ts'
import type { ProvedCopy } from './copy/copy-store.ts'
import { type BackupReason, type Manifest, manifestName, signManifest } from './manifest.ts'
import type { BackupPlace } from './place/backup-place.ts'
import { makeWorkDirectory } from './place/work-directory.ts'
import { requireRoom } from './require-room.ts'
import { runCopy } from './run-copy.ts'

/** What a backup is made of. */
export interface BackupSource {
  /** The database file. A daemon may be writing to it. */
  readonly database: string
  /** Where copies are made before they go to their place; made when needed. */
  readonly directory: string
  readonly place: BackupPlace
  /** Signs what is said of it. */
  readonly signer: LocalOrigin
}

/**
 * Makes one backup: copies, proves, and only then gives the copy to its place, behind its manifest. Until that last step there is no
 * new backup.
 *
 * @throws ProblemError BACKUP_REFUSED, BACKUP_NO_ROOM, BACKUP_FAILED, STORE_DAMAGED: then everything is as before
 */
export async function makeBackup(
  source: BackupSource,
  reason: BackupReason,
  signal: AbortSignal = new AbortController().signal,
): Promise<Manifest> {
  const { directory, place, signer } = source
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // A copy is at most as large as the file and its log.
    requireRoom(directory, sizeOf(source.database) + sizeOf(`${source.database}-wal`))
    await using work = await makeWorkDirectory(directory)
    const file = join(work.path, 'copy.db')
    const copy = await runCopy(source.database, file, signal)
    signal.throwIfAborted()
    if ('fault' in copy) throw copyProblem(copy.fault, directory)
    const { manifest, text } = describe(copy, reason, signer)
    await keep(place, file, { name: manifest.name, text })
    return manifest
  } catch (error) {
    throw systemProblem(error, directory)
  }
}

/**
 * The manifest first: a manifest without its file is nothing, and small. The other way round, a kill in between leaves a copy as large as
 * the store, and nobody can tell it from one whose manifest was lost.
 */
async function keep(
  place: BackupPlace,
  file: string,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<void> {
  await place.put(manifestName(name), Readable.from([text]))
  try {
    if (place.take === undefined) await place.put(name, createReadStream(file))
    else await place.take(name, file)
  } catch (error) {
    await place.remove(manifestName(name))
    throw error
  }
}

function describe(copy: ProvedCopy, reason: BackupReason, signer: LocalOrigin) {
  const madeAt = Date.now()
  const { epoch, records, headId, schema, bytes, sha256 } = copy
  return signManifest(
    {
      object: 'backup',
      version: 1,
      name: backupName(madeAt, copy),
      reason,
      made_at: madeAt,
      bytes,
      sha256,
      epoch,
      records,
      head_id: headId,
      schema,
      instance_did: signer.did,
      spl: VERSION,
    },
    (bytesToSign) => signer.sign(bytesToSign),
  )
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
