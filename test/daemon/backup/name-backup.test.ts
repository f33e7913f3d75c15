import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { MAIN } from '../../support/cli/run-spl.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const spl = (home: KeptHome, ...args: readonly string[]) => runHere(args, { home: home.path })
const fileOf = (home: KeptHome, name: string) => join(home.path, 'backups', name)

/** A stopped home with two backups of different records. */
async function withTwo(home: KeptHome): Promise<readonly [older: string, newer: string]> {
  await home.start()
  const names: string[] = []
  for (const count of [1, 1]) {
    await home.append(count)
    const { stdout } = await spl(home, 'backup', 'create', '--json')
    names.push((JSON.parse(stdout) as { name: string }).name)
  }
  await home.stop()
  return names as [string, string]
}

/** The shortest beginning that the other one does not have. */
function beginningOf(name: string, other: string): string {
  const at = [...name].findIndex((letter, index) => letter !== other[index])
  return name.slice(0, at + 1)
}

/** Types the answer when a command on a terminal asks for it. */
async function answered(home: KeptHome, line: readonly string[], answer: string) {
  const command = [process.execPath, MAIN, ...line].join(' ')
  const args = ['--quiet', '--return', '--echo', 'never', '--command', command, '/dev/null']
  const terminal = spawn('script', args, {
    env: { ...process.env, SYNCROPEL_HOME: home.path },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    if (shown.includes('Type remove')) terminal.stdin.end(`${answer}\n`)
  })
  const code = await new Promise((done) => terminal.on('close', done))
  return { code, shown }
}

describe('a backup on the command line', { timeout: 60_000 }, () => {
  test('is meant by its name, the beginning of it, or the path of its file', async () => {
    await using home = aKeptHome()
    const [older, newer] = await withTwo(home)
    const beginning = beginningOf(older, newer)
    symlinkSync(home.path, join(home.path, 'way'))
    const ways = [beginning, older.replace(/\.db$/u, ''), fileOf(home, older)]
    for (const given of [...ways, join(home.path, 'way', 'backups', older)]) {
      const run = await spl(home, 'backup', 'verify', given, '--json')
      expect([given, JSON.parse(run.stdout)]).toEqual([
        given,
        expect.objectContaining({ name: older }),
      ])
    }
    const restored = await spl(home, 'restore', beginning, '--yes', '--json')
    expect(JSON.parse(restored.stdout)).toMatchObject({ backup: older })
    const removed = await spl(home, 'backup', 'remove', beginning, '--yes', '--json')
    expect(JSON.parse(removed.stdout)).toMatchObject({ object: 'backup_removal', name: older })
    expect([existsSync(fileOf(home, older)), existsSync(fileOf(home, newer))]).toEqual([
      false,
      true,
    ])
  })

  test('is not taken for another: the beginning of two, of none, and nothing at all are refused', async () => {
    await using home = aKeptHome()
    const [older] = await withTwo(home)
    for (const [given, code] of [
      ['hub-2', 'ID_AMBIGUOUS'],
      ['hub-1999', 'BACKUP_NOT_FOUND'],
      ['', 'INVALID_ARGUMENT'],
      [join('/nowhere', older), 'BACKUP_NOT_FOUND'],
    ] as const) {
      for (const line of [['verify'], ['remove', '--yes']]) {
        const run = await spl(home, 'backup', ...line, given)
        expect([given, run.stderr]).toEqual([given, expect.stringContaining(`[${code}]`)])
      }
    }
    const restore = await spl(home, 'restore', 'hub-2', '--yes')
    expect(restore.stderr).toContain('[ID_AMBIGUOUS]')
  })
})

describe('spl backup remove', { timeout: 60_000 }, () => {
  test('asks on a terminal, and does nothing elsewhere without --yes', async () => {
    await using home = aKeptHome()
    const [older] = await withTwo(home)
    const line = ['backup', 'remove', older]
    const alone = await spl(home, ...line)
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('CONFIRMATION_NEEDED')])
    expect((await answered(home, line, 'n')).code).toBe(2)
    expect(existsSync(fileOf(home, older))).toBe(true)
    expect(await answered(home, line, 'remove')).toMatchObject({
      code: 0,
      shown: expect.stringContaining(`removed ${older}`),
    })
    expect(existsSync(fileOf(home, older))).toBe(false)
  })

  test('refuses the last good one, and with --force says that it is', async () => {
    await using home = aKeptHome()
    const [older, newer] = await withTwo(home)
    await spl(home, 'backup', 'remove', older, '--yes')
    const refused = await spl(home, 'backup', 'remove', newer, '--yes')
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('[BACKUP_LAST]')])
    const forced = await spl(home, 'backup', 'remove', newer, '--force', '--yes')
    expect([forced.code, forced.stderr]).toEqual([
      0,
      expect.stringContaining('is the last good backup'),
    ])
  })

  test('says that the directory may not be written', async ({ skip }) => {
    await using home = aKeptHome()
    const [older] = await withTwo(home)
    const directory = join(home.path, 'backups')
    const isRoot = process.getuid?.() === 0
    const lock = (isLocked: boolean) => {
      if (!isRoot) return chmodSync(directory, isLocked ? 0o500 : 0o700)
      execFileSync('chattr', [isLocked ? '+i' : '-i', directory], { stdio: 'pipe' })
    }
    try {
      lock(true)
    } catch {
      return skip('root may write everywhere, and this file system has no immutable directories')
    }
    const runs = [
      await spl(home, 'backup', 'remove', older, '--yes'),
      await spl(home, 'backup', 'verify', older),
      await spl(home, 'backup', 'create'),
    ]
    lock(false)
    for (const { code, stderr } of runs) {
      expect([code, stderr]).toEqual([1, expect.stringMatching(/EACCES|EPERM/u)])
      expect(stderr).toMatch(/\[(?:HOME_NOT_WRITABLE|BACKUP_FAILED)\]/u)
      expect(stderr).toContain(directory)
    }
    expect(existsSync(fileOf(home, older))).toBe(true)
  })
})
