import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Home } from '../../home/home.ts'

const Note = z.object({ did: z.string(), at: z.string() })

/** That the keys of a home were backed up, or came out of a backup: `run/` and the keys themselves are no place for it. */
export type KeysNote = Readonly<z.infer<typeof Note>>

export function noteKeysBackup(home: Home, note: KeysNote): void {
  writeFileSync(pathIn(home), `${JSON.stringify(note)}\n`, { mode: 0o600 })
}

/** Undefined if nothing says so. */
export function readKeysNote(home: Home): KeysNote | undefined {
  try {
    return Note.parse(JSON.parse(readFileSync(pathIn(home), 'utf8')))
  } catch {
    return undefined
  }
}

function pathIn(home: Home): string {
  return join(home.root, 'keys-backup.json')
}
