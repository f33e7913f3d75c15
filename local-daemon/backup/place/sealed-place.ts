import { randomBytes } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { parseStrictJson } from '../../../protocol/json/strict-json.ts'
import type { AgePair } from '../seal/age-keys.ts'
import { seal, unseal } from '../seal/seal.ts'
import { type BackupPlace, isPlaceName, type StoredFile } from './backup-place.ts'

/** `hub-<time>-<random>.age`, and its note. Nothing but the time can be read from a name. */
const SEALED = /^hub-(\d{8}T\d{6}Z)-[0-9a-f]{16}\.age$/u
const NOTE_ENDING = '.note'
/** What the text beside a backup is called: see `manifestName`. */
const MANIFEST_ENDING = '.json'

/** Largest note that is read, bytes: a manifest is some hundred. */
const LONGEST_NOTE = 64 * 1024
/** Backups that are listed, the newest ones: for each of them a note is read. */
const MOST_LISTED = 1_000

/** After so long nobody is about to write the note of a file, milliseconds. */
const ABANDONED_MS = 24 * 3600 * 1000

/** Beside each sealed file, encrypted to its recipients and to the home: which backup it is. */
const Note = z.object({
  /** The sealed file, so that no other can take its place under a name of its own. */
  sealed: z.string().regex(SEALED),
  sealed_bytes: z.int().nonnegative(),
  name: z.string().refine(isPlaceName),
  bytes: z.int().nonnegative(),
  manifest: z.string(),
})
type Note = Readonly<z.infer<typeof Note>>

export interface SealedPlaceParts {
  /** Where the encrypted files are. Nobody trusts it. */
  readonly place: BackupPlace
  /** Who may decrypt the backups. Not the daemon. */
  readonly recipients: readonly string[]
  /** Decrypts the notes, so that a daemon can list and rotate what it cannot read. */
  readonly home: AgePair
  /** Decrypts backups: the owner's, only when one is read. */
  readonly identities?: readonly string[]
}

/** A place with what it cannot show, because nothing here decrypts it. */
export interface SealedPlace extends BackupPlace {
  /** Sealed files whose note is missing, damaged, or for others. Known after `list`. */
  readonly foreign: readonly StoredFile[]
  /**
   * Removes sealed files without any note, and notes without their file, that are older than a day: what killed daemons left. Resolves with
   * their names.
   */
  sweep(): Promise<readonly string[]>
}

/**
 * Backups in a place that may be read and written by others: encrypted before they leave, under names that tell only the time. To its
 * user it looks like any place; a backup's manifest is in the note of its file. A file without its note is not finished.
 */
export function sealedPlace(parts: SealedPlaceParts): SealedPlace {
  const { place, recipients, home, identities = [] } = parts
  const known = new Map<string, Note>()
  /** Content that waits for its manifest. */
  const begun = new Map<string, Omit<Note, 'manifest'>>()
  let foreign: readonly StoredFile[] = []

  async function putContent(name: string, content: Readable): Promise<void> {
    const sealed = `hub-${timeOf(name)}-${randomBytes(8).toString('hex')}.age`
    const plain = counted(content)
    const encrypted = counted(await seal(plain.stream, { recipients }))
    await place.put(sealed, encrypted.stream)
    begun.set(name, { sealed, sealed_bytes: encrypted.bytes(), name, bytes: plain.bytes() })
  }

  async function putManifest(name: string, content: Readable): Promise<void> {
    const started = begun.get(name)
    if (started === undefined) throw new Error(`the manifest of ${name} came before its backup`)
    const note: Note = { ...started, manifest: await text(content) }
    const to = [...recipients, home.recipient]
    const sealed = await seal(Readable.from([Buffer.from(JSON.stringify(note))]), {
      recipients: to,
    })
    await place.put(`${note.sealed}${NOTE_ENDING}`, sealed)
    begun.delete(name)
    known.set(name, note)
  }

  async function readNote(file: StoredFile): Promise<Note | undefined> {
    if (file.bytes > LONGEST_NOTE) return undefined
    const sealed = await place.get(file.name)
    try {
      const plain = await unseal(sealed, { identities: [home.identity, ...identities] })
      const note = Note.parse(parseStrictJson(await text(plain)))
      return `${note.sealed}${NOTE_ENDING}` === file.name ? note : undefined
    } catch (error) {
      if (isOfThePlace(error)) throw error
      return undefined
    }
  }

  async function list(): Promise<readonly StoredFile[]> {
    const files = await place.list()
    const notes = new Map(files.map((file) => [file.name, file]))
    const others: StoredFile[] = []
    const found: StoredFile[] = []
    known.clear()
    for (const file of files.filter(({ name }) => SEALED.test(name)).slice(-MOST_LISTED)) {
      const described = notes.get(`${file.name}${NOTE_ENDING}`)
      const note = described && (await readNote(described))
      if (note === undefined) {
        others.push(file)
        continue
      }
      known.set(note.name, note)
      // Another size than the one that was sent is shown as it is: it is compared with the manifest.
      const bytes = file.bytes === note.sealed_bytes ? note.bytes : file.bytes
      const { modifiedAt } = file
      found.push({ name: note.name, bytes, modifiedAt })
      const manifestBytes = Buffer.byteLength(note.manifest)
      found.push({ name: `${note.name}${MANIFEST_ENDING}`, bytes: manifestBytes, modifiedAt })
    }
    foreign = others
    return found.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }

  async function noteOf(name: string): Promise<Note> {
    if (!known.has(name)) await list()
    const note = known.get(name)
    if (note !== undefined) return note
    throw new Error(`there is no ${name} in ${place.where}`)
  }

  return {
    where: place.where,
    get foreign() {
      return foreign
    },
    put: (name, content) =>
      name.endsWith(MANIFEST_ENDING)
        ? putManifest(name.slice(0, -MANIFEST_ENDING.length), content)
        : putContent(name, content),
    async get(name) {
      if (name.endsWith(MANIFEST_ENDING)) {
        const { manifest } = await noteOf(name.slice(0, -MANIFEST_ENDING.length))
        return Readable.from([manifest])
      }
      const { sealed } = await noteOf(name)
      return await unseal(await place.get(sealed), { identities })
    },
    list,
    async remove(name) {
      // Its note goes with the backup, and after it: a note without its file is never shown, and small.
      if (name.endsWith(MANIFEST_ENDING)) return
      if (!known.has(name)) await list()
      const note = known.get(name)
      if (note === undefined) return
      await place.remove(note.sealed)
      await place.remove(`${note.sealed}${NOTE_ENDING}`)
      known.delete(name)
    },
    async sweep() {
      const files = await place.list()
      const names = new Set(files.map(({ name }) => name))
      const left = files.filter(({ name, modifiedAt }) => {
        const ofNote = name.endsWith(NOTE_ENDING) ? name.slice(0, -NOTE_ENDING.length) : undefined
        const other = ofNote ?? `${name}${NOTE_ENDING}`
        const isOld = Date.now() - modifiedAt > ABANDONED_MS
        return isOld && SEALED.test(ofNote ?? name) && !names.has(other)
      })
      for (const { name } of left) await place.remove(name)
      return left.map(({ name }) => name)
    },
  }
}

/** The place itself failed: that says nothing of what is in the note. */
function isOfThePlace(error: unknown): boolean {
  return (error as Error).name === 'S3Error'
}

/** Of the name of a backup; of any other, now. */
function timeOf(name: string): string {
  const [, time] = /^hub-(\d{8}T\d{6}Z)-/u.exec(name) ?? []
  return time ?? new Date().toISOString().replaceAll(/[-:]|\.\d+/gu, '')
}

function counted(content: Readable): { readonly stream: Readable; bytes(): number } {
  let bytes = 0
  const stream = new PassThrough()
  content.on('data', (chunk: Uint8Array | string) => {
    bytes += Buffer.byteLength(chunk)
  })
  content.on('error', (error) => stream.destroy(error))
  content.pipe(stream)
  stream.on('close', () => content.destroy())
  return { stream, bytes: () => bytes }
}
