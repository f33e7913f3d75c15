import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import { logFiles } from './log-files.ts'

/** Milliseconds between looks. Watching would tell sooner, but not of every file system, and not of a rename. */
const LOOK_MS = 200
const CHUNK_BYTES = 64 * 1024

export interface FileToFollow {
  readonly path: string
  /** Where to begin, bytes. */
  readonly from: number
  readonly signal: AbortSignal
  readonly onLine: (line: string) => void
}

/**
 * Hands on whole lines as they are appended, until the signal aborts. A file that is set aside is read to its end first,
 * and those that were set aside meanwhile after it; one that is cut short is read from its beginning.
 */
export async function followFile({ path, from, signal, onLine }: FileToFollow): Promise<void> {
  let reader: LineReader | undefined = open(path, from, onLine)
  try {
    while (!signal.aborted) {
      reader?.read()
      const now = inodeOf(path)
      if (now !== undefined && now !== reader?.inode) {
        for (const missed of setAsideSince(path, reader?.inode)) {
          const between = open(missed, 0, onLine)
          between?.read()
          between?.close()
        }
        // What came between the last read and the rename.
        reader?.read()
        reader?.close()
        reader = open(path, 0, onLine)
        continue
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
    }
  } finally {
    reader?.close()
  }
}

/** The files between the one that was read and the one that is written now; none if the old one is gone. */
function setAsideSince(path: string, inode: number | undefined): string[] {
  if (inode === undefined) return []
  const files = logFiles(path)
  const at = files.findIndex((name) => inodeOf(name) === inode)
  return at === -1 ? [] : files.slice(at + 1, -1)
}

interface LineReader {
  readonly inode: number
  read(): void
  close(): void
}

function open(path: string, from: number, onLine: (line: string) => void): LineReader | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return undefined
  }
  let position = from
  let decoder = new StringDecoder()
  let rest = ''
  const chunk = Buffer.alloc(CHUNK_BYTES)
  return {
    inode: fstatSync(file).ino,
    read() {
      if (fstatSync(file).size < position) {
        position = 0
        rest = ''
        decoder = new StringDecoder()
      }
      for (;;) {
        const bytes = readSync(file, chunk, 0, CHUNK_BYTES, position)
        if (bytes === 0) return
        position += bytes
        const lines = (rest + decoder.write(chunk.subarray(0, bytes))).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) onLine(line)
      }
    },
    close: () => closeSync(file),
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
