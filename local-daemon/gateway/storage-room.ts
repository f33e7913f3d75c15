import { statfsSync } from 'node:fs'

/** A disk with fewer free bytes counts as full: a write of the gateway may need as many. */
const FULL_BYTES = 1024 * 1024
/** Milliseconds between two checks. */
const LOOK_MS = 2_000

/** Whether the disk of a gateway's storage is full; undefined if there is none. */
export function isStorageFull(directory: string): boolean | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize < FULL_BYTES
  } catch {
    return undefined
  }
}

/** Writes a line when the disk of the storage fills up, and one when it has room again. Returns a function that stops it. */
export function watchStorageRoom(directory: string, onLog: (line: string) => void): () => void {
  let was = false
  const look = (): void => {
    const isFull = isStorageFull(directory) ?? was
    if (isFull === was) return
    was = isFull
    onLog(
      isFull
        ? `the disk of ${directory} is full: the gateway serves from memory. Make room there [GATEWAY_STORAGE_FULL]`
        : `the disk of ${directory} has room again`,
    )
  }
  look()
  const timer = setInterval(look, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
