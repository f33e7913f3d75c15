import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Database } from 'better-sqlite3'
import { ProblemError } from '../problem/problem-error.ts'
import { openConnection } from '../store/file/open-connection.ts'
import { StoreOpenError } from '../store/store-error.ts'
import { requireRoom } from './require-room.ts'
import { type Proof, proveCopy, UnprovenError } from './copy/prove-copy.ts'
import { BACKUP_LIMITS } from './limits.ts'
import type { BackupPlace } from './place/backup-place.ts'
import { makeWorkDirectory, UNFINISHED } from './place/work-directory.ts'
import type { GoodBackup } from './read-backups.ts'

/** A backup that was read from its place, in a directory of its own that goes with it. */
export interface FetchedBackup extends AsyncDisposable {
  readonly directory: string
  readonly file: string
}

/**
 * Reads a backup from its place into a file of this machine, mode 0600, in a new directory, and compares it with its manifest, byte for
 * byte. Nobody trusts the place.
 *
 * @param parent where the directory is made; made when needed
 * @param prefix what its name begins with
 * @throws ProblemError BACKUP_DAMAGED, BACKUP_NO_ROOM, or the error of the place
 */
export async function fetchBackup(
  place: BackupPlace,
  { manifest }: GoodBackup,
  parent: string,
  prefix: string = UNFINISHED,
): Promise<FetchedBackup> {
  await mkdir(parent, { recursive: true, mode: 0o700 })
  requireRoom(parent, manifest.bytes)
  const work = await makeWorkDirectory(parent, prefix)
  const directory = work.path
  const discard = () => work[Symbol.asyncDispose]()
  try {
    const file = join(directory, 'copy.db')
    const hash = createHash('sha256')
    let bytes = 0
    await pipeline(
      await place.get(manifest.name),
      async function* watch(chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length
          // A place that never ends must not fill the disk.
          if (bytes > manifest.bytes) return
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }),
    )
    if (bytes !== manifest.bytes || hash.digest('hex') !== manifest.sha256) {
      throw backupDamaged(manifest.name, 'it is not the file that its manifest was signed for')
    }
    return { directory, file, [Symbol.asyncDispose]: discard }
  } catch (error) {
    await discard()
    throw error
  }
}

/**
 * Opens a fetched backup as a daemon would, which also brings it to the newest schema, and proves it: see `proveCopy`.
 *
 * @throws ProblemError BACKUP_DAMAGED, StoreOpenError
 */
export async function proveFetched(
  { file }: Pick<FetchedBackup, 'file'>,
  { manifest }: GoodBackup,
): Promise<Proof> {
  const { sampleNewest: newest, sampleRandom: random } = BACKUP_LIMITS
  const database = openCopy(file, manifest.name)
  try {
    const proof = await proveCopy(database, { newest, random })
    const { epoch, records, head_id } = manifest
    if (proof.epoch === epoch && proof.records === records && proof.headId === head_id) return proof
    throw new UnprovenError('it is not the store that its manifest tells of')
  } catch (error) {
    if (error instanceof UnprovenError) throw backupDamaged(manifest.name, error.message)
    throw error
  } finally {
    database.close()
  }
}

/** A manifest vouches for the bytes, not for what another program had made of the store before. */
function openCopy(file: string, name: string): Database {
  try {
    return openConnection(file, { named: name })
  } catch (error) {
    const isForeign = error instanceof StoreOpenError && error.code === 'STORE_FOREIGN_SCHEMA'
    throw isForeign ? backupDamaged(name, error.message) : error
  }
}

const OTHER = 'Use another one: spl backup list. To make a new one: spl backup create'

/**
 * @param why in words
 * @param next what to do
 */
export function backupDamaged(name: string, why: string, next: string = OTHER): ProblemError {
  return new ProblemError('BACKUP_DAMAGED', `The backup ${name} is of no use: ${why}`, {
    try: next,
  })
}
