import { utimesSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { backupNoRoom, systemProblem } from '../../../local-daemon/backup/backup-error.ts'
import { requireRoom } from '../../../local-daemon/backup/require-room.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { takeSingleInstance } from '../../../local-daemon/home/single-instance.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const spl = (home: KeptHome, ...args: readonly string[]) => runHere(args, { home: home.path })

/** A stopped home with a backup. */
async function aBackedUpHome(): Promise<KeptHome> {
  const home = aKeptHome()
  await home.start()
  await home.append(2)
  await spl(home, 'backup', 'create')
  await home.stop()
  return home
}

describe('who cannot have a home to themselves is told who has it', () => {
  test('a daemon: stop it, and run the same command again', async () => {
    await using home = await aBackedUpHome()
    await home.start()
    const { stderr } = await spl(home, 'restore', '--yes')
    expect(stderr).toContain('[DAEMON_RUNNING]')
    expect(stderr).toContain('spl serve --stop')
    expect(stderr).toContain('the same command again')
    expect(stderr).not.toContain('SYNCROPEL_HOME')
  })

  test('another restore: wait for it, and do not stop it', async () => {
    await using home = await aBackedUpHome()
    const other = takeSingleInstance(homeAt(home.path), 'spl restore')
    try {
      const { code, stderr } = await spl(home, 'restore', '--yes')
      expect(code).toBe(1)
      expect(stderr).toContain('spl restore is at work on')
      expect(stderr).toContain(`(pid ${process.pid}) [HOME_IN_USE]`)
      expect(stderr).not.toContain('serve --stop')
      await expect(home.start()).rejects.toMatchObject({ code: 'HOME_IN_USE' })
      // It is no daemon, and must not get a signal as if it were one.
      const stopped = await spl(home, 'serve', '--stop')
      expect(stopped.stderr + stopped.stdout).not.toContain(String(process.pid))
      expect(JSON.parse((await spl(home, 'status', '--json')).stdout)).toMatchObject({ pid: null })
    } finally {
      other.release()
    }
    expect(await spl(home, 'restore', '--yes')).toMatchObject({ code: 0 })
  })
})

test.runIf(process.getuid?.() === 0)(
  'a home of another user is called that, and not a home without keys',
  async () => {
    await using home = await aBackedUpHome()
    // Root may read anything: it takes a process of another user.
    const script = `
      process.setgid(65534); process.setuid(65534)
      const { backupHome } = await import(${JSON.stringify(new URL('../../../local-daemon/cli/backup/backup-home.ts', import.meta.url).href)})
      const { homeAt } = await import(${JSON.stringify(new URL('../../../local-daemon/home/home.ts', import.meta.url).href)})
      try { backupHome(homeAt(process.argv[1])) } catch (error) { process.stdout.write(error.code + ' ' + error.try) }
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, home.path])
    let said = ''
    child.stdout.on('data', (chunk) => (said += String(chunk)))
    await once(child, 'close')
    expect(said).toMatch(/^HOME_NOT_OURS Run the same command as that user: sudo -u '#0'/u)
  },
)

test('a setting that was set to its default does not change to it', async () => {
  await using home = await aBackedUpHome()
  await home.start()
  await spl(home, 'config', 'set', 'backup_to', 'none')
  await spl(home, 'config', 'set', 'backup_keep', '7')
  await spl(home, 'config', 'set', 'token_burst', '77')
  await home.stop()
  const { stderr, stdout } = await spl(home, 'restore', '--yes', '--json')
  expect(stderr).toContain('the setting token_burst goes from 77 to its default')
  expect(stderr).not.toMatch(/backup_to|backup_keep/u)
  expect(JSON.parse(stdout)).toMatchObject({
    settings_changed: [{ key: 'token_burst', from: '77', to: null }],
  })
})

test('before it asks, a restore names what was revoked since, and says that it revokes it again', async () => {
  await using home = aKeptHome()
  const { access } = await home.start()
  const request = { name: 'lost phone', scopes: ['records:read'] as const }
  const stolen = await access.accounts.createWithToken(request, null)
  await spl(home, 'backup', 'create')
  await spl(home, 'service-account', 'revoke', stolen.account)
  await home.stop()
  const asked = await spl(home, 'restore')
  expect(asked.stderr).toContain(`  account lost phone (${stolen.account})\n`)
  expect(asked.stderr).toContain('revokes them again')
  expect(asked.stderr).toContain('try: type restore when asked, or use --yes')
  const kept = await spl(home, 'restore', '--no-revoke')
  expect(kept.stderr).toContain('they become valid again (--no-revoke)')
})

describe('a backup that has no room', () => {
  test('says how much it needs, how much there is, and where', async () => {
    await using home = aKeptHome()
    expect(() => requireRoom(home.path, 2 ** 50)).toThrow(
      expect.objectContaining({
        code: 'BACKUP_NO_ROOM',
        message: expect.stringMatching(
          new RegExp(`it needs 1024\\.0 TiB, and ${home.path} has [\\d.]+ [GT]iB free$`, 'u'),
        ),
      }),
    )
    expect(backupNoRoom(home.path).message).toMatch(/has [\d.]+ [GT]iB free$/u)
  })

  test('is told apart from a directory that may not be written', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    const { message, try: next } = systemProblem(denied, '/home/ada/.syncro/backups')
    expect(message).toContain('/home/ada/.syncro/backups may not be written')
    expect(next).toContain('user write there')
    expect(next).not.toContain('disk is well')
  })
})

test('doctor tells of stores that restores have put aside, and warns once they are a week old', async () => {
  await using home = await aBackedUpHome()
  const check = async () => {
    const { stdout } = await spl(home, 'doctor', '--no-outside', '--json')
    const { checks } = JSON.parse(stdout) as { checks: { name: string }[] }
    return checks.find(({ name }) => name === 'replaced-stores')
  }
  expect(await check()).toMatchObject({
    status: 'pass',
    message: expect.stringContaining('no restore'),
  })
  const run = await spl(home, 'restore', '--yes', '--json')
  const { replaced } = JSON.parse(run.stdout) as { replaced: string }
  expect(await check()).toMatchObject({ status: 'pass', details: { directories: [replaced] } })
  utimesSync(replaced, 0, 0)
  expect(await check()).toMatchObject({
    status: 'warn',
    message: expect.stringMatching(/1 older store, [\d.]+ KiB, with all that was in them/u),
    fix: expect.stringContaining(`rm -r ${replaced}`),
  })
})
