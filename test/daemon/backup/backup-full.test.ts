import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { aHome } from '../../support/daemon/a-daemon.ts'

const SCRIPT = fileURLToPath(new URL('./back-up-when-full.ts', import.meta.url))

function told(script: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', script], { timeout: 100_000 }, (_error, stdout) => resolve(stdout.trim()))
  })
}

/** A disk of its own takes root and a mount namespace. */
const mounts = (await told('unshare -m true && echo yes')) === 'yes'
if (!mounts) process.stderr.write('skipped: a full disk needs Linux, root and unshare\n')

it.runIf(mounts || process.env['CI'] === 'true')(
  'a disk that is full, or fills up during a backup or a restore, loses nothing and is told of',
  { timeout: 110_000 },
  async () => {
    using home = aHome()
    const mount = `mount -t tmpfs -o size=64m,mode=700 tmpfs '${home.path}'`
    const run = `'${process.execPath}' '${SCRIPT}' '${home.path}'`
    const said = await told(`unshare -m sh -c "${mount} && ${run}"`)
    const { backups, restores, whole } = JSON.parse(said) as {
      backups: readonly string[]
      restores: readonly string[]
      whole: readonly boolean[]
    }
    // Refused before anything is written: a backup never takes the last room of a store.
    expect(backups.filter((code) => code !== 'DISK_FULL')).not.toEqual([])
    expect(new Set([...backups, 'DISK_FULL'])).toEqual(new Set(['BACKUP_NO_ROOM', 'DISK_FULL']))
    expect(
      restores.filter((code) => !['BACKUP_NO_ROOM', 'DISK_FULL', 'done'].includes(code)),
    ).toEqual([])
    expect(restores).toContain('BACKUP_NO_ROOM')
    expect(new Set(whole)).toEqual(new Set([true]))
  },
)
