import { text } from 'node:stream/consumers'
import { isBackupName } from './backup-name.ts'
import { BACKUP_LIMITS } from './limits.ts'
import { type Manifest, type ManifestFault, manifestName, readManifest } from './manifest.ts'
import type { BackupPlace, StoredFile } from './place/backup-place.ts'

/** A backup in a place, as far as its manifest and its size tell: `fault` says in words why it does not count. */
export type FoundBackup =
  | {
      readonly name: string
      readonly bytes: number
      readonly manifest: Manifest
      readonly fault?: undefined
      readonly stranger?: undefined
    }
  | {
      readonly name: string
      readonly bytes: number
      readonly manifest?: undefined
      readonly fault: string
      /** The identity of another home, if it made this backup. */
      readonly stranger?: string | undefined
    }

/** A backup whose manifest counts. */
export type GoodBackup = Extract<FoundBackup, { readonly manifest: Manifest }>

/**
 * The backups of a place, the newest first. Their files are not read: `fetchBackup` does that.
 *
 * @param identities that may have signed for them, the one of now first
 */
export async function readBackups(
  place: BackupPlace,
  identities: readonly string[],
): Promise<readonly FoundBackup[]> {
  const files = await place.list()
  const known = new Map(files.map((file) => [file.name, file]))
  const found: FoundBackup[] = []
  const names = files.filter(({ name }) => isBackupName(name)).toReversed()
  for (const file of names.slice(0, BACKUP_LIMITS.listed)) {
    found.push(await readOne(place, file, known.get(manifestName(file.name)), identities))
  }
  return found
}

/** The newest backup that counts. */
export function newestGood(found: readonly FoundBackup[]): GoodBackup | undefined {
  return found
    .filter((one) => one.manifest !== undefined)
    .toSorted((one, other) => other.manifest.made_at - one.manifest.made_at)[0]
}

async function readOne(
  place: BackupPlace,
  { name, bytes }: StoredFile,
  described: StoredFile | undefined,
  identities: readonly string[],
): Promise<FoundBackup> {
  if (described === undefined)
    return { name, bytes, fault: 'it has no manifest: it was not finished' }
  if (described.bytes > BACKUP_LIMITS.manifestBytes)
    return { name, bytes, fault: 'its manifest is damaged' }
  const manifest = await readManifest(await text(await place.get(described.name)), identities)
  if ('fault' in manifest) return { name, bytes, ...(manifest as ManifestFault) }
  if (manifest.name !== name) return { name, bytes, fault: 'its manifest is of another backup' }
  if (manifest.bytes !== bytes)
    return { name, bytes, fault: `it has ${bytes} bytes, and had ${manifest.bytes}` }
  return { name, bytes, manifest }
}
