import { isBackupName } from '../../backup/backup-name.ts'
import { type BackupListView, viewOfList } from '../../backup/backup-view.ts'
import { fetchBackup, proveFetched } from '../../backup/fetch-backup.ts'
import { manifestName } from '../../backup/manifest.ts'
import { offsitePlace } from '../../backup/offsite/offsite-place.ts'
import { type GoodBackup, readBackups } from '../../backup/read-backups.ts'
import { readIdentities } from '../../backup/seal/age-keys.ts'
import type { SealedPlace } from '../../backup/place/sealed-place.ts'
import type { Home } from '../../home/home.ts'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type BackupHome, backupHome } from './backup-home.ts'
import { findBackup } from './find-backup.ts'
import { readOrNameOther } from './other-backup.ts'
import { countText } from '../../problem/count-text.ts'
import { warn } from '../output/output.ts'

/** Backups of a home in an S3 store, as its own key shows them; `identity` is a file of age, for those of a key that was replaced. */
export interface Elsewhere {
  readonly at: BackupHome
  readonly place: SealedPlace
  /** Its address, as it was given. */
  readonly to: string
}

/** `s3://bucket/prefix/NAME?…` as the place and the name; without a name of a backup at its end, the place alone. */
export function splitPlace(text: string): {
  readonly to: string
  readonly name: string | undefined
} {
  const [, place = '', name = '', query = ''] = /^([^?#]*)\/([^/?#]*)(.*)$/su.exec(text) ?? []
  return isBackupName(name) ? { to: place + query, name } : { to: text, name: undefined }
}

/** @throws StartError KEY_MISSING, S3Error, SealError AGE_IDENTITY_UNREADABLE */
export async function elsewhere(home: Home, to: string, identity?: string): Promise<Elsewhere> {
  const at = backupHome(home)
  const place = await offsitePlace({
    to,
    recipients: [],
    identities: identity === undefined ? [] : readIdentities(identity),
    signer: at.source.signer,
    credentialsFile: home.s3Credentials,
  })
  return { at, place, to }
}

/** Says that there are newer files which nothing here can read, unless the backup was named. */
export function warnOfForeign(
  { foreign, where }: SealedPlace,
  taken: string,
  named: string | undefined,
): void {
  if (named !== undefined) return
  // Names begin with the time, to the second.
  const newer = foreign.filter(({ name }) => name.slice(0, TIMED) > taken.slice(0, TIMED)).length
  if (newer === 0) return
  const files = countText(newer, 'newer file', 'newer files')
  warn(`${files} in ${where} cannot be taken: damaged, not finished, or of another home`)
}

const TIMED = 'hub-20261130T084200Z'.length

/** The list, and how many files there are of others, damaged or not finished. */
export async function listElsewhere({
  at,
  place,
}: Elsewhere): Promise<BackupListView & { readonly foreign: number }> {
  const found = await readBackups(place, at.identities)
  return { ...viewOfList(found), foreign: place.foreign.length }
}

/**
 * Reads a backup from elsewhere, decrypts and proves it, and keeps it in the home like one that was made there.
 *
 * @returns it
 * @throws CliError BACKUP_NOT_FOUND, ProblemError BACKUP_DAMAGED, S3Error, SealError
 */
export async function fetchElsewhere(
  { at, place, to }: Elsewhere,
  name: string | undefined,
): Promise<GoodBackup> {
  const there = { ...at, source: { ...at.source, place } }
  const use = { command: 'fetch', from: to } as const
  const found = await findBackup(there, name, use)
  warnOfForeign(place, found.name, name)
  const { source } = at
  await using fetched = await readOrNameOther(there, found.name, use, () =>
    fetchBackup(place, found, source.directory),
  )
  const manifest = await text(await place.get(manifestName(found.name)))
  await source.place.put(found.name, createReadStream(fetched.file))
  await source.place.put(manifestName(found.name), Readable.from([manifest]))
  // Opening brings a copy to the newest schema, which changes it: the kept one is as it was signed.
  await proveFetched(fetched, found)
  return found
}
