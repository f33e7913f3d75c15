import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A store that takes the place of another one. Both directories are beside the database file. */
export interface Swap {
  /** The directory with the new store: `hub.db` by the name of the database, and `state`, what remembers it. */
  readonly staged: string
  /** The directory where the old files go. */
  readonly aside: string
  /** The file that remembers the store: see `LineageFile`. */
  readonly lineage: string
}

/** What the name of a directory with a new store begins with; `mkdtemp` adds six characters. */
export const RESTORING = '.restoring-'
/** What remembers the store, in the directory of the new one. */
export const STAGED_STATE = 'state'

/** What is being done, from when it is certain until it is done. */
function intentOf(database: string): string {
  return `${database}.restore`
}

/** The swap that a kill has interrupted, if any: until it is finished, the files of the store belong to two stores. */
function unfinishedSwap(database: string): Swap | undefined {
  try {
    return JSON.parse(readFileSync(intentOf(database), 'utf8')) as Swap
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Puts a new store in the place of the old one. Once the intent is on the disk, the new store is the store: whoever opens it next
 * finishes what is left. Before that, the old one is untouched.
 *
 * @throws the system's error; if the intent was written, `finishSwap` can be called again
 */
export function swapStores(database: string, swap: Swap): void {
  flush(join(swap.staged, basename(database)))
  flush(swap.staged)
  const intent = intentOf(database)
  writeFlushed(`${intent}.part`, JSON.stringify(swap))
  renameSync(`${intent}.part`, intent)
  flush(dirname(database))
  finishSwap(database)
}

/** Finishes a swap from wherever it was interrupted; does nothing without one. @throws the system's error */
export function finishSwap(database: string): Swap | undefined {
  const swap = unfinishedSwap(database)
  if (swap === undefined) {
    removeAbandoned(database)
    return undefined
  }
  const { staged, aside, lineage } = swap
  const [fresh, state] = [join(staged, basename(database)), join(staged, STAGED_STATE)]
  if (existsSync(fresh)) {
    const files = filesOf(database)
    if (files.length > 0) mkdirSync(aside, { recursive: true, mode: 0o700 })
    for (const file of files) moveInto(aside, file)
    if (existsSync(aside)) flush(aside)
    renameSync(fresh, database)
    flush(dirname(database))
  }
  if (existsSync(state)) {
    // Perhaps of another file system than the store.
    copyFileSync(state, `${lineage}.part`)
    flush(`${lineage}.part`)
    renameSync(`${lineage}.part`, lineage)
    flush(dirname(lineage))
  }
  rmSync(staged, { recursive: true, force: true })
  rmSync(intentOf(database))
  flush(dirname(database))
  return swap
}

/** What killed restores had begun to make ready. Called with the lock of the store, so nobody is at it. */
function removeAbandoned(database: string): void {
  const directory = dirname(database)
  rmSync(`${intentOf(database)}.part`, { force: true })
  if (!existsSync(directory)) return
  for (const name of readdirSync(directory)) {
    if (ABANDONED.test(name)) rmSync(join(directory, name), { recursive: true, force: true })
  }
}

const ABANDONED = /^\.restoring-[A-Za-z0-9]{6}$/u

/** The file, its log and index, and copies of logs that killed daemons left: the file itself last. */
function filesOf(database: string): readonly string[] {
  const [directory, name] = [dirname(database), basename(database)]
  const beside = readdirSync(directory).filter((one) => one.startsWith(`${name}-`))
  return [...beside.map((one) => join(directory, one)), database].filter((one) => existsSync(one))
}

/** Never over another file: a store that somebody made meanwhile is kept too. */
function moveInto(directory: string, file: string): void {
  let to = join(directory, basename(file))
  for (let n = 2; existsSync(to); n += 1) to = join(directory, `${basename(file)}.${n}`)
  renameSync(file, to)
}

function writeFlushed(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** To the disk: the bytes of a file, or the names of a directory. */
function flush(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
