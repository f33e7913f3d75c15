import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VERSION } from '../../../process/version.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { projectFiles } from './project-files.ts'
import { fingerprint, NOTE_FILE, readProjectNote, type ProjectNote } from './project-note.ts'
import type { ProjectSettings } from './project-settings.ts'

/** What became of one file. A replaced one lies beside it as `<name>.old`. */
export type FileState = 'written' | 'unchanged' | 'updated' | 'replaced' | 'kept'

/** What to do with files that a person has changed: refuse, keep theirs, or put ours in their place. */
export type OnChanged = 'refuse' | 'keep' | 'replace'

/**
 * Writes the files of a project, each aside and renamed. The note comes first and tells what is coming, so that after a
 * crash in between the next call, or the next deploy, ends the work. Nothing is written at all when it refuses.
 *
 * @param worker the Worker as one module
 * @throws CliError GATEWAY_FILES_CHANGED
 */
export async function writeProject(
  directory: string,
  settings: ProjectSettings,
  worker: string,
  onChanged: OnChanged,
): Promise<Readonly<Record<string, FileState>>> {
  const before = await readProjectNote(directory)
  const files = projectFiles(settings, worker)
  const ours = before === undefined ? [] : [before.files, ...(before.earlier ?? [])]
  const states: Record<string, FileState> = {}
  for (const [name, text] of Object.entries(files)) {
    const asWritten = ours.map((hashes) => hashes[name])
    states[name] = stateOf(await textOf(join(directory, name)), text, asWritten, onChanged)
  }
  const changed = Object.keys(states).filter((name) => states[name] === 'kept')
  if (onChanged === 'refuse' && changed.length > 0) throw refused(directory, changed)
  await mkdir(directory, { recursive: true })
  const note: ProjectNote = {
    version: VERSION,
    settings,
    files: noted(files, states, before),
    ...(before?.hostnames && { hostnames: before.hostnames }),
  }
  await writeNote(directory, { ...note, earlier: ours })
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name)
    const state = states[name]
    if (state === 'replaced') await rename(path, `${path}.old`)
    if (state !== 'unchanged' && state !== 'kept') await replaceFile(path, text)
  }
  await writeNote(directory, note)
  return states
}

/** Remembers where a deploy has put it. A folder that spl did not write gets no note. */
export async function noteHostnames(
  directory: string,
  hostnames: readonly string[],
): Promise<void> {
  const note = await readProjectNote(directory)
  if (note !== undefined) await writeNote(directory, { ...note, hostnames })
}

function stateOf(
  present: string | undefined,
  planned: string,
  asWritten: readonly (string | undefined)[],
  onChanged: OnChanged,
): FileState {
  if (present === undefined) return 'written'
  if (present === planned) return 'unchanged'
  if (asWritten.includes(fingerprint(present))) return 'updated'
  return onChanged === 'replace' ? 'replaced' : 'kept'
}

/** A file that was kept stays the person's: what was written before is what it is compared with next time. */
function noted(
  files: Readonly<Record<string, string>>,
  states: Readonly<Record<string, FileState>>,
  before: ProjectNote | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      states[name] === 'kept' ? (before?.files[name] ?? '') : fingerprint(text),
    ]),
  )
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function writeNote(directory: string, note: ProjectNote): Promise<void> {
  await replaceFile(join(directory, NOTE_FILE), `${JSON.stringify(note, undefined, 2)}\n`)
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

function refused(directory: string, changed: readonly string[]): CliError {
  return new CliError(
    'GATEWAY_FILES_CHANGED',
    `${directory} has files that spl did not write, or that changed since: ${changed.join(', ')}`,
    'use another directory, or --force, which keeps your files as <name>.old',
    EXIT_CODE.usage,
  )
}
