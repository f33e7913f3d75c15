import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const spl = (home: KeptHome, ...args: readonly string[]) => runHere(args, { home: home.path })

/** Names of backups, the oldest first, each of a second of its own, and the daemon stopped. */
async function twoBackups(home: KeptHome): Promise<readonly [string, string]> {
  await home.start()
  const names: string[] = []
  for (const count of [2, 3]) {
    await home.append(count)
    const { stdout } = await spl(home, 'backup', 'create', '--json')
    names.push((JSON.parse(stdout) as { name: string }).name)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
  }
  await home.stop()
  return [names[0] ?? '', names[1] ?? '']
}

function flipped(file: string): void {
  const bytes = readFileSync(file)
  bytes[5000] = (bytes[5000] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

test.each([
  ['has one byte that is another', flipped],
  ['is shorter', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, -1))],
  ['has no manifest', (file: string) => rmSync(`${file}.json`)],
])('a newest backup that %s is named, and the one before it is the next step', async (_, spoil) => {
  await using home = aKeptHome()
  const [older, newest] = await twoBackups(home)
  spoil(join(home.path, 'backups', newest))
  const before = readFileSync(home.database)
  const run = await spl(home, 'restore', '--yes')
  expect(run.code).toBe(1)
  expect(run.stderr).toMatch(new RegExp(`${newest}[^]*\\[BACKUP_DAMAGED\\]`, 'u'))
  expect(run.stderr).toContain(`spl restore ${older}`)
  expect(readFileSync(home.database).equals(before)).toBe(true)
  const verified = await spl(home, 'backup', 'verify')
  expect([verified.code, verified.stderr]).toEqual([
    1,
    expect.stringContaining(`spl backup verify ${older}`),
  ])
  expect(await spl(home, 'restore', older, '--yes')).toMatchObject({ code: 0 })
})

test('a backup of another home has a code of its own, and the keys are the next step', async () => {
  await using home = aKeptHome()
  await using other = aKeptHome()
  const [, name] = await twoBackups(other)
  await home.start()
  await home.append(1)
  await home.stop()
  mkdirSync(join(home.path, 'backups'), { recursive: true })
  for (const file of [name, `${name}.json`])
    copyFileSync(join(other.path, 'backups', file), join(home.path, 'backups', file))
  const run = await spl(home, 'restore', '--yes')
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('[BACKUP_FOREIGN]')])
  expect(run.stderr).toContain('spl identity restore')
})

test('a home without backups, and one without keys, say what leads to a restore', async () => {
  await using home = aKeptHome()
  await home.start()
  await home.stop()
  const none = await spl(home, 'restore', '--yes')
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('[BACKUP_NOT_FOUND]')])
  expect(none.stderr).toContain('spl restore <hub.db>')
  expect(none.stderr).not.toContain('backup create')
  using bare = aHome()
  const keyless = await runHere(['restore'], { home: bare.path })
  expect([keyless.code, keyless.stderr]).toEqual([1, expect.stringContaining('[KEY_MISSING]')])
  expect(keyless.stderr).toContain('spl identity restore')
})
