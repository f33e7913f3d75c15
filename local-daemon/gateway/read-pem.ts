import { constants, type PathLike } from 'node:fs'
import { open } from 'node:fs/promises'

/**
 * The text of a file, which may be named by a symbolic link. Anything that is no regular file is refused before it is
 * read: the read of a named pipe would wait for its writer, and the process with it, also when it is told to stop.
 *
 * @throws Error what the system says, or that it is no regular file
 */
export async function readPem(path: PathLike): Promise<string> {
  // Without waiting: else opening a named pipe waits already.
  await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  if (!(await file.stat()).isFile()) throw new Error(`${path} is not a regular file`)
  return await file.readFile('utf8')
}
