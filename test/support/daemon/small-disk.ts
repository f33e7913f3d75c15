import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Room for what a run writes. */
const STORAGE_PROBE_BYTES = 384 * 1024 * 1024

const FILL_TRIES = 50

/** A file system of its own in memory, which a test can fill. */
export interface SmallDisk extends Disposable {
  /** Takes away all room that is left. */
  fill(): void
  free(): void
}

/** Mounts one over an empty directory. Needs root, on Linux. @throws Error without it */
export function mountSmallDisk(directory: string): SmallDisk {
  mount('-t', 'tmpfs', '-o', `size=${STORAGE_PROBE_BYTES},mode=700`, 'tmpfs', directory)
  const resize = (bytes: number) =>
    mount('-t', 'tmpfs', '-o', `remount,size=${bytes}`, 'tmpfs', directory)
  return {
    fill() {
      // Somebody may be writing: what is used is more by the time that it is made all there is.
      for (let tries = 1; ; tries += 1) {
        const { blocks, bfree, bsize } = statfsSync(directory)
        try {
          return resize((blocks - bfree) * bsize)
        } catch (error) {
          if (tries === FILL_TRIES) throw error
        }
      }
    },
    free: () => resize(STORAGE_PROBE_BYTES),
    [Symbol.dispose]: () => {
      execFileSync('umount', ['-l', directory], { stdio: 'ignore' })
    },
  }
}

/** Whether this process may mount one. */
export function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'spl-disk-'))
  try {
    mountSmallDisk(directory)[Symbol.dispose]()
    return true
  } catch {
    return false
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function mount(...args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' })
}
