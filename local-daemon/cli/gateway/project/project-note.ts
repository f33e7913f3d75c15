import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProjectSettings } from './project-settings.ts'

/** Where the note lies in a project. */
export const NOTE_FILE = '.spl-gateway.json'

/** What spl remembers of a project that it wrote: enough to know its own files from a person's edits. */
export interface ProjectNote {
  /** The version of spl that wrote the files. */
  readonly version: string
  readonly settings: ProjectSettings
  /** SHA-256 of each file as it was written, hexadecimal. */
  readonly files: Readonly<Record<string, string>>
  /** While the files are being written: the hashes that those may still have which are not written yet. */
  readonly earlier?: readonly Readonly<Record<string, string>>[]
  /** Public origins after the last deploy. */
  readonly hostnames?: readonly string[]
}

const ONE_OWNER = { several: false, hostnames: [], zone: null } as const

/** The note of a project; undefined where there is none, or none that can be read. */
export async function readProjectNote(directory: string): Promise<ProjectNote | undefined> {
  try {
    const note = JSON.parse(await readFile(join(directory, NOTE_FILE), 'utf8')) as ProjectNote
    if (typeof note.settings?.name !== 'string' || typeof note.files !== 'object') return undefined
    // A note of an older spl knows one owner alone.
    return { ...note, settings: { ...ONE_OWNER, ...note.settings } }
  } catch {
    return undefined
  }
}

export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
