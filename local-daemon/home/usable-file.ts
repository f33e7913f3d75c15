import { statSync } from 'node:fs'
import { StartError } from '../problem/start-error.ts'
import { shellPath } from '../problem/shell-word.ts'

/**
 * Refuses anything but a file where the daemon keeps one: a directory cannot be written, and opening a named pipe waits without end.
 *
 * @param isLog a log may also be a device, such as `/dev/null`
 * @throws StartError HOME_FILE_UNUSABLE
 */
export function requireUsableFile(path: string, isLog = false): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isFile() || (isLog && found.isCharacterDevice())) return
  const what = found.isDirectory() ? 'a directory' : found.isFIFO() ? 'a named pipe' : 'no file'
  throw unusable(path, `it is ${what}, and the daemon keeps a file there`)
}

/** @param why the system's error, or what it is */
export function unusable(path: string, why: string, options?: ErrorOptions): StartError {
  return new StartError(
    'HOME_FILE_UNUSABLE',
    `${path} cannot be used: ${why}`,
    `move it away: mv ${shellPath(path)} ${shellPath(`${path}.other`)}; then start again`,
    options,
  )
}
