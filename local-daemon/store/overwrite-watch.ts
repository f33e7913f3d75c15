import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** Where the index of the log tells how much of it is folded into the database (sqlite.org/walformat.html, section 2.1). */
const INFO_BYTES = 136
const SALT = [32, 40] as const
const FOLDED = [96, 100] as const
const BEGUN = [128, 132] as const

/** Tells one content of a file from another without reading it: its size, and when it was written. Empty for no file. */
export function contentOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? '' : `${found.size}:${found.mtimeMs}`
}

/**
 * Notices that somebody has written over the open database file, such as `cp` of another one onto it. SQLite writes to the file
 * only when it folds the log into it, whichever process does, and takes note of that in the index of the log: a file that has
 * changed while nothing was folded was changed by somebody else.
 */
export class OverwriteWatch {
  readonly #database: string
  /** Kept open as long as the database: closing any descriptor of this file would end SQLite's locks on it (fcntl(2)). */
  readonly #index: number | undefined
  readonly #info = Buffer.alloc(INFO_BYTES)
  #content: string
  #folded: string | undefined

  /** Made while the database is open. @param real the file's path without links */
  constructor(real: string) {
    this.#database = real
    this.#index = openIndex(`${real}-shm`)
    this.#content = contentOf(real)
    this.#folded = this.#readFolded()
  }

  /** What the file held when it was looked at last: see `contentOf`. */
  get content(): string {
    return this.#content
  }

  isOverwritten(): boolean {
    const content = contentOf(this.#database)
    const folded = this.#readFolded()
    const isForeign = content !== this.#content && folded !== undefined && folded === this.#folded
    if (isForeign) return true
    this.#content = content
    this.#folded = folded
    return false
  }

  /** Only after the database was closed. */
  close(): void {
    if (this.#index !== undefined) closeSync(this.#index)
  }

  /** Undefined while the log is being folded, or a fold was cut short: then the file may change at any time. */
  #readFolded(): string | undefined {
    if (this.#index === undefined) return undefined
    if (readSync(this.#index, this.#info, 0, INFO_BYTES, 0) < INFO_BYTES) return undefined
    const part = ([from, to]: readonly [number, number]) => this.#info.toString('hex', from, to)
    const folded = part(FOLDED)
    return folded === part(BEGUN) ? part(SALT) + folded : undefined
  }
}

function openIndex(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}
