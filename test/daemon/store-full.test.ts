import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { aHome } from './a-daemon.ts'

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
