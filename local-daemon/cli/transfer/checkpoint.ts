import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '../../home/home.ts'
import type { FilePlace } from './read-steps.ts'
import type { Counts } from './take-lines.ts'

/** How far an import has come. */
export interface ImportPlace {
  /** Up to here the file was found sound. */
  readonly checked: FilePlace
  /** SHA-256 of the file up to there: another file, or a changed one, begins anew. */
  readonly sha256: string
  /** Lines of records up to there. */
  readonly records: number
  /** Namespaces that they are in. */
  readonly namespaces: readonly string[]
  /** What the daemon has; undefined before anything was sent. */
  readonly sent?: SentPlace | undefined
}

export interface SentPlace {
  readonly place: FilePlace
  /** A place before it: what lies between was sent, and shows whether the daemon still has it. */
  readonly before: FilePlace
  readonly counts: Counts
}

/**
 * Remembers in the home directory how far an import has come, so that the same command goes on from there. It is thrown away
 * at the end, and believed only for a file that begins with the very same bytes.
 */
export class Checkpoint {
  readonly #path: string
  readonly #directory: string

  /**
   * @param firstLine of the file
   * @param destination the daemon that gets it
   */
  constructor(home: Home, firstLine: Uint8Array, destination: string) {
    const key = createHash('sha256').update(firstLine).update(`\n${destination}`).digest('hex')
    this.#directory = join(home.root, 'imports')
    this.#path = join(this.#directory, `${key.slice(0, 32)}.json`)
  }

  /** Undefined for none, and for one that cannot be read. */
  read(): ImportPlace | undefined {
    try {
      const { version, ...place } = JSON.parse(readFileSync(this.#path, 'utf8')) as ImportPlace & {
        readonly version: unknown
      }
      return version === 2 ? place : undefined
    } catch {
      return undefined
    }
  }

  /** Where it cannot be written, the import goes on without: it is a convenience. */
  write(place: ImportPlace): void {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
      const beside = `${this.#path}.${process.pid}`
      writeFileSync(beside, JSON.stringify({ version: 2, ...place }), { mode: 0o600 })
      renameSync(beside, this.#path)
    } catch {
      this.remove()
    }
  }

  remove(): void {
    try {
      rmSync(this.#path, { force: true })
    } catch {
      // It cannot be there either.
    }
  }
}
