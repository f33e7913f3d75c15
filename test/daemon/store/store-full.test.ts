import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { aHome } from '../../support/daemon/a-daemon.ts'

const SCRIPT = fileURLToPath(new URL('./fill-and-free.ts', import.meta.url))

function told(script: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', script], { timeout: 60_000 }, (_error, stdout) => resolve(stdout.trim()))
  })
}

/** A disk of its own takes root and a mount namespace. */
const mounts = (await told('unshare -m true && echo yes')) === 'yes'
if (!mounts) process.stderr.write('skipped: a full disk needs Linux, root and unshare\n')

it.runIf(mounts || process.env['CI'] === 'true')(
  'a full disk that has room again is written to again, by itself, and is told of while it lasts',
  { timeout: 60_000 },
  async () => {
    using home = aHome()
    const mount = `mount -t tmpfs -o size=8m,mode=700 tmpfs '${home.path}'`
    const run = `'${process.execPath}' '${SCRIPT}' '${home.path}'`
    const outcome = JSON.parse(await told(`unshare -m sh -c "${mount} && ${run}"`)) as {
      seconds: number
    }
    expect(outcome).toMatchObject({
      before: ['taken', 'ok', true, null],
      full: ['STORE_FULL', 'STORE_FULL', 'failing', false, 'STORE_FULL'],
      read: true,
      after: ['taken', 'ok', true, null],
    })
    expect(outcome.seconds).toBeLessThan(5)
  },
)

const START = fileURLToPath(new URL('./start-when-full.ts', import.meta.url))

async function onSmallDisk(options: string, ...words: readonly string[]): Promise<unknown> {
  using home = aHome()
  const mount = `mount -t tmpfs -o ${options},mode=700 tmpfs '${home.path}'`
  const run = [process.execPath, START, home.path, ...words].map((word) => `'${word}'`).join(' ')
  return JSON.parse(await told(`unshare -m sh -c "${mount} && ${run}"`))
}

it.runIf(mounts || process.env['CI'] === 'true')(
  'a full disk is told of between two refusals too, and a start on one ends with a code and leaves nothing running',
  { timeout: 60_000 },
  async () => {
    const { between, starts } = (await onSmallDisk('size=6m')) as {
      between: readonly string[]
      starts: readonly string[]
    }
    expect(new Set(between)).toEqual(new Set(['STORE_FULL']))
    expect(starts[0]).toBe('DISK_FULL')
    expect(starts.filter((how) => how !== 'DISK_FULL' && how !== 'runs')).toEqual([])
  },
)

it.runIf(mounts || process.env['CI'] === 'true')(
  'a disk without inodes is told of as that',
  { timeout: 60_000 },
  async () => {
    expect(await onSmallDisk('size=8m,nr_inodes=40', 'inodes')).toEqual({
      full: 'DISK_FULL of inodes',
      after: 'runs',
    })
  },
)

it.runIf(process.platform === 'linux')(
  'a file that this process may not let grow is a full store, and stays one',
  async () => {
    using home = aHome()
    const script = fileURLToPath(new URL('./fill-store.ts', import.meta.url))
    // In blocks of 512 bytes: 1 MiB.
    const run = `ulimit -f 2048 && exec '${process.execPath}' '${script}' '${home.path}/hub.db'`
    const said = (await told(run)).split('\n')
    expect(said.length).toBeGreaterThan(5)
    expect(said.at(-1)).toBe('STORE_FULL STORE_FULL SQLITE_IOERR_WRITE')
  },
)
