import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'

/** A file for appended text, rotated when it is full. */
export interface RotatingFile {
  write(text: string): void
  close(): void
}

export interface RotationLimits {
  /** Bytes after which a file is rotated. */
  readonly bytes: number
  /** Old files that are kept: `<path>.1` is the newest of them. */
  readonly kept: number
}

/**
 * Opens or makes the file, mode 0600, and opens it again after it was moved away. A failed write, as on a full disk, is lost silently: a daemon that
 * cannot log still answers. Only a regular file is rotated.
 *
 * @throws when the file cannot be opened at first
 */
export function openRotatingFile(path: string, limits: RotationLimits): RotatingFile {
  let file: number | undefined = openSync(path, 'a', 0o600)
  let bytes = sizeOf(file)

  function rotate(): void {
    if (file === undefined || !fstatSync(file).isFile()) return
    closeSync(file)
    file = undefined
    const isSetAside = moveAll()
    file = openSync(path, 'a', 0o600)
    // A file that cannot be rotated grows by the same size again before the next try, so no line is lost.
    bytes = isSetAside ? sizeOf(file) : 0
  }

  function moveAll(): boolean {
    try {
      rmSync(`${path}.${limits.kept}`, { force: true })
      for (let number = limits.kept - 1; number >= 1; number -= 1)
        setAside(`${path}.${number}`, number)
      setAside(path, 0)
      return true
    } catch {
      return false
    }
  }

  function setAside(from: string, number: number): void {
    try {
      renameSync(from, `${path}.${number + 1}`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  /** Somebody moved or removed the file, as logrotate does: new lines must not go there. */
  function letGo(): void {
    if (file === undefined || isAt(path, file)) return
    closeSync(file)
    file = undefined
  }

  return {
    write(text) {
      const length = Buffer.byteLength(text)
      try {
        letGo()
        if (file === undefined) {
          file = openSync(path, 'a', 0o600)
          bytes = sizeOf(file)
        }
        if (bytes > 0 && bytes + length > limits.bytes) rotate()
        file ??= openSync(path, 'a', 0o600)
        writeSync(file, text)
        bytes += length
      } catch {
        // See above.
      }
    },
    close() {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}

/** Whether the open file is the one that the path leads to, also through a symbolic link. */
function isAt(path: string, file: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  const { dev, ino } = fstatSync(file)
  return there?.ino === ino && there.dev === dev
}

function sizeOf(file: number): number {
  return fstatSync(file).size
}
