import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type BackupPlace, isPlaceName, type StoredFile } from './backup-place.ts'
import { removeIfAbandoned, UNFINISHED } from './work-directory.ts'

/** After so long nobody is writing a file any more, milliseconds. */
const ABANDONED_MS = 24 * 3600 * 1000

/** Backups in a directory of a local disk, made when needed: mode 0700, its files 0600. */
export function directoryPlace(directory: string): BackupPlace {
  const pathOf = (name: string): string => {
    if (isPlaceName(name)) return join(directory, name)
    throw new Error(`${JSON.stringify(name)} is no name of a file in ${directory}`)
  }

  /** Written elsewhere, then renamed: a kill leaves the old file or the new one. */
  async function replace(name: string, file: string): Promise<void> {
    await flush(file)
    await rename(file, pathOf(name))
    await flush(directory)
  }

  return {
    where: directory,
    async put(name, content) {
      pathOf(name)
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const part = join(directory, `${UNFINISHED}${randomBytes(8).toString('hex')}`)
      try {
        await pipeline(content, createWriteStream(part, { flags: 'wx', mode: 0o600 }))
        await replace(name, part)
      } catch (error) {
        await rm(part, { force: true })
        throw error
      }
    },
    async take(name, file) {
      pathOf(name)
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await replace(name, file)
    },
    async get(name): Promise<Readable> {
      const file = await open(pathOf(name), 'r')
      return createReadStream('', { fd: file })
    },
    async list() {
      const names = await namesIn(directory)
      await removeAbandoned(directory, names)
      const files = names.filter(isPlaceName).map((name) => fileAt(directory, name))
      const found = (await Promise.all(files)).filter((file) => file !== undefined)
      return found.toSorted((one, other) => (one.name < other.name ? -1 : 1))
    },
    async remove(name) {
      // `rm` takes a file that may not be removed for a directory, and then says so.
      await unlink(pathOf(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    },
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Undefined for anything but a file, and for one that was removed meanwhile. */
async function fileAt(directory: string, name: string): Promise<StoredFile | undefined> {
  try {
    const found = await stat(join(directory, name))
    if (!found.isFile()) return undefined
    return { name, bytes: found.size, modifiedAt: Math.floor(found.mtimeMs) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What killed processes left. A failure costs room, and hides no backup. */
async function removeAbandoned(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names.filter((one) => one.startsWith(UNFINISHED))) {
    const path = join(directory, name)
    try {
      const found = await stat(path)
      if (found.isDirectory()) await removeIfAbandoned(path)
      else if (Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path)
    } catch {
      // Its process removed it meanwhile, or the disk fails: then the next list tries again.
    }
  }
}

/** To the disk: the bytes of a file, or the names of a directory. */
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
