import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'

/** A file that text is appended to, and that is set aside when it is full. */
export interface RotatingFile {
  write(text: string): void
  close(): void
}

export interface RotationLimits {
  /** Bytes after which a file is set aside. */
  readonly bytes: number
  /** Files that are kept beside the one that is written: `<path>.1` is the newest of them. */
  readonly kept: number
}

/**
 * Opens or makes the file, mode 0600, and opens it anew when it was moved away. A write that fails, as on a full disk, is lost without a word: a daemon that
 * cannot log still answers. Only a regular file is ever set aside.
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
    // What cannot be set aside grows by as much again before the next try: no line is lost for it.
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

  /** Somebody has moved or removed the file, as logrotate does: what is written then must not go there. */
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
