import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * The file behind symbolic links, so that one file has one name, even before it exists: through a link to a file
 * that does not exist, SQLite makes that file and keeps its log beside it. If the directory is missing, the path as given.
 */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    return realPath(resolve(realPath(dirname(path)), readlinkSync(path)))
  }
  const directory = dirname(path)
  return directory === path ? path : join(realPath(directory), basename(path))
}
