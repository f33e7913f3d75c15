import { existsSync, readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { plain } from '../../support/cli/plain.ts'
import { startSpl } from '../../support/cli/run-spl.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { until } from '../../support/until.ts'
import { table } from '../../../local-daemon/cli/output/table.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const spl = (home: KeptHome, ...args: readonly string[]) =>
  runHere(['backup', ...args], { home: home.path })

/** Files in the directory of the backups, the unfinished too. */
function filesIn(home: KeptHome): readonly string[] {
  const directory = join(home.path, 'backups')
  return existsSync(directory) ? readdirSync(directory) : []
}

describe('spl backup create', { timeout: 60_000 }, () => {
  test('says at Ctrl-C that the daemon goes on, and the daemon does', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(200)
    const child = startSpl(['backup', 'create'], { home: home.path })
    const told = text(child.stderr as Readable)
    const ended = new Promise((done) => child.once('close', done))
    await until('it has begun', () => filesIn(home).length > 0)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(await told).toMatch(/the daemon goes on[^]*spl (?:--home \S+ )?backup list/u)
    await until('it is there', () => filesIn(home).some((name) => /^hub-.*\.db$/u.test(name)))
  })
})

describe('spl backup list', { timeout: 60_000 }, () => {
  test('is one line for each backup at 80 columns, also of a large store that is elsewhere too', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(1)
    await spl(home, 'create')
    const [header = '', row = ''] = plain((await spl(home, 'list')).stdout).split('\n')
    // The row of a store of millions, under the same titles.
    const large = row
      .replace(/Z-\d+-/u, 'Z-18881400-')
      .replace(/asked/u, 'scheduled, also elsewhere')
      .split(/\s{2,}/u)
    const shown = table(header.split(/\s{2,}/u), [large], 80).split('\n')
    expect(shown.filter((line) => line !== '')).toHaveLength(2)
    expect(shown[1]).toContain('also elsewhere')
  })

  test('marks one that is of no use, and says why', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(1)
    const made = JSON.parse((await spl(home, 'create', '--json')).stdout) as { name: string }
    truncateSync(join(home.path, 'backups', made.name), 4096)
    const { stdout, stderr } = await spl(home, 'list')
    expect(plain(stdout)).toMatch(/^hub-\S+ .* of no use$/mu)
    expect(plain(stderr)).toMatch(/warning: hub-\S+ is of no use: \S/u)
  })
})
