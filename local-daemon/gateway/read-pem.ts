import { constants, type PathLike } from 'node:fs'
import { open } from 'node:fs/promises'

/**
 * The text of a file, perhaps through a symbolic link. Anything but a regular file is refused before it is
 * read: reading a named pipe would wait for its writer, and so would the process, even when it must stop.
 *
 * @throws Error the system's error, or that it is no regular file
 */
export async function readPem(path: PathLike): Promise<string> {
  // Without waiting, because opening a named pipe would wait already.
  await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  if (!(await file.stat()).isFile()) throw new Error(`${path} is not a regular file`)
  return await file.readFile('utf8')
}
