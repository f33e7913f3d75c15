import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { readIdentities } from '../../../../local-daemon/backup/seal/age-keys.ts'
import { unseal } from '../../../../local-daemon/backup/seal/seal.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { aKeptHome } from '../../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>
const spl = (home: KeptHome, ...args: readonly string[]) => runHere(args, { home: home.path })

/** Keys of two people: the files of their identities, and their recipients. */
async function twoKeys(home: KeptHome) {
  const keys = [join(home.aside, 'ada.txt'), join(home.aside, 'bob.txt')] as const
  const recipients: string[] = []
  for (const file of keys) {
    const { stdout } = await spl(home, 'backup', 'keygen', '-o', file)
    recipients.push(stdout.trim())
  }
  return { keys, recipients, to: recipients.flatMap((one) => ['--recipient', one]) }
}
const backupsOf = async (home: KeptHome) =>
  (JSON.parse((await spl(home, 'backup', 'list', '--json')).stdout) as { data: unknown[] }).data

describe('spl backup create --recipient', () => {
  test.each(['runs', 'does not run'])(
    'writes what each recipient alone decrypts, while a daemon %s',
    async (state) => {
      await using home = aKeptHome()
      await home.start()
      await home.append(20)
      const { keys, recipients, to } = await twoKeys(home)
      if (state === 'does not run') await home.stop()
      const file = join(home.aside, 'tea.age')
      const run = await spl(home, 'backup', 'create', ...to, '-o', file, '--json')
      expect(run).toMatchObject({ code: 0, stderr: '' })
      const made = JSON.parse(run.stdout) as { sha256: string; name: string }
      expect(made).toMatchObject({ object: 'backup', sealed: { file, recipients } })
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(file, 'latin1')).not.toContain('SQLite format')
      for (const key of keys) {
        const plain = await unseal(createReadStream(file), { identities: readIdentities(key) })
        const sha256 = createHash('sha256')
          .update(await buffer(plain))
          .digest('hex')
        expect(sha256).toBe(made.sha256)
      }
      expect(await backupsOf(home)).toMatchObject([{ name: made.name, fault: null }])
      // No setting came to be.
      const set = await spl(home, 'config', 'get', 'backup_recipients', '--json')
      if (state === 'runs') expect(JSON.parse(set.stdout)).toMatchObject({ value: [] })
    },
  )

  test('can be restored with an identity, and with no other', async () => {
    await using home = aKeptHome()
    await home.start()
    const ids = await home.append(20)
    const { keys, recipients } = await twoKeys(home)
    const file = join(home.aside, 'tea.age')
    const create = ['backup', 'create', '--recipient', recipients[0] ?? '', '-o', file]
    expect((await spl(home, ...create)).stderr).toContain(`spl restore ${file} --identity`)
    await home.stop()
    home.removeStore()
    const restore = (...args: string[]) => spl(home, 'restore', file, '--yes', ...args)
    expect((await restore()).stderr).toContain('[IDENTITY_NEEDED]')
    expect((await restore('--identity', keys[1])).stderr).toContain('[AGE_IDENTITY_WRONG]')
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, -1000))
    expect((await restore('--identity', keys[0])).stderr).toContain('[AGE_FILE_DAMAGED]')
    const changed = Buffer.from(whole)
    const at = Math.floor(whole.length / 2)
    changed[at] = (changed[at] ?? 0) ^ 1
    writeFileSync(file, changed)
    expect((await restore('--identity', keys[0])).stderr).toContain('[AGE_FILE_DAMAGED]')
    expect(existsSync(home.database)).toBe(false)
    writeFileSync(file, whole)
    expect(await restore('--identity', keys[0])).toMatchObject({ code: 0 })
    await home.start()
    for (const id of ids) expect((await home.ask(`/v1/records/${id}`)).status).toBe(200)
  })

  test.each([
    ['tea', 'AGE_RECIPIENT_INVALID'],
    [`age1${'q'.repeat(58)}`, 'AGE_RECIPIENT_INVALID'],
    [`AGE-SECRET-KEY-1${'Q'.repeat(58)}`, 'AGE_RECIPIENT_INVALID'],
    ['ssh-ed25519 AAAA', 'AGE_RECIPIENT_INVALID'],
  ])('refuses %s before anything is made', async (recipient, code) => {
    await using home = aKeptHome()
    await home.start()
    const { recipients } = await twoKeys(home)
    const file = join(home.aside, 'tea.age')
    const good = ['--recipient', recipients[0] ?? '']
    const run = await spl(home, 'backup', 'create', ...good, '--recipient', recipient, '-o', file)
    expect([run.code === 0, run.stdout]).toEqual([false, ''])
    expect(run.stderr).toContain(`[${code}]`)
    expect(run.stderr).toMatch(/try: spl backup keygen/)
    expect(run.stderr).not.toContain('SECRET')
    expect([existsSync(file), await backupsOf(home)]).toEqual([false, []])
  })

  test('changes no file that is there, and leaves none if there is no backup', async () => {
    await using home = aKeptHome()
    await home.start()
    const { to } = await twoKeys(home)
    const file = join(home.aside, 'tea.age')
    writeFileSync(file, 'mine')
    const taken = await spl(home, 'backup', 'create', ...to, '-o', file)
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining('[OUT_EXISTS]')])
    expect([readFileSync(file, 'utf8'), await backupsOf(home)]).toEqual(['mine', []])
    await home.stop()
    home.removeStore()
    const other = join(home.aside, 'other.age')
    expect((await spl(home, 'backup', 'create', ...to, '-o', other)).code).not.toBe(0)
    expect(existsSync(other)).toBe(false)
  })

  test('is not for a daemon elsewhere', async () => {
    await using home = aKeptHome()
    const { to } = await twoKeys(home)
    const file = join(home.aside, 'tea.age')
    const run = await runHere(['backup', 'create', ...to, '-o', file], {
      home: home.path,
      env: { SPL_SERVE_URL: 'https://spl.example.com' },
    })
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('[RECIPIENT_HOME_ONLY]')])
    expect(existsSync(file)).toBe(false)
  })
})
