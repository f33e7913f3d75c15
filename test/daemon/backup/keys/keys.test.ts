import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { armor, Decrypter, Encrypter } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identityAt, loadIdentity } from '../../../../local-daemon/access/identity/identity.ts'
import {
  addSuccession,
  stateSuccession,
} from '../../../../local-daemon/access/identity/succession.ts'
import { keysCheck } from '../../../../local-daemon/cli/doctor/keys-check.ts'
import { homeAt, type Home } from '../../../../local-daemon/home/home.ts'
import { prepareHome } from '../../../../local-daemon/home/prepare-home.ts'
import { takeSingleInstance } from '../../../../local-daemon/home/single-instance.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { MAIN } from '../../../support/cli/run-spl.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'

const WORDS = 'marble otter seven lantern'
const WEEK_MS = 7 * 24 * 3600 * 1000

/** A home with an identity, and a directory for files. */
function aKeyedHome() {
  const at = aHome()
  const home = homeAt(join(at.path, 'home'))
  prepareHome(home)
  const { did } = loadIdentity(home)
  const words = join(at.path, 'words')
  writeFileSync(words, `${WORDS}\n`, { mode: 0o600 })
  const file = join(at.path, 'keys.age')
  return { home, did, words, file, [Symbol.dispose]: at[Symbol.dispose] }
}

const backup = (home: Home, file: string, words: string) =>
  runHere(['identity', 'backup', '-o', file, '--passphrase-file', words, '--json'], {
    home: home.root,
  })
const restore = (home: Home, file: string, words: string, ...more: readonly string[]) =>
  runHere(['identity', 'restore', file, '--passphrase-file', words, '--json', ...more], {
    home: home.root,
  })

let saved: ReturnType<typeof aKeyedHome>
beforeAll(async () => {
  saved = aKeyedHome()
  await backup(saved.home, saved.file, saved.words)
  const opening = new Decrypter()
  opening.addPassphrase(WORDS)
  const keys = await opening.decrypt(armor.decode(readFileSync(saved.file, 'utf8')))
  const sealing = new Encrypter()
  sealing.setPassphrase(WORDS)
  sealing.setScryptWorkFactor(10)
  writeFileSync(saved.file, armor.encode(await sealing.encrypt(keys)))
}, 60_000)
afterAll(() => saved[Symbol.dispose]())

/**
 * A home and the backup of its keys. The backup was encrypted anew with a small work factor: with that of a real one each
 * passphrase that is tried takes a second of a core.
 */
function aSavedHome() {
  const at = aHome()
  const home = homeAt(join(at.path, 'home'))
  prepareHome(home)
  for (const name of readdirSync(saved.home.keys)) {
    copyFileSync(join(saved.home.keys, name), join(home.keys, name))
  }
  const [words, file] = [join(at.path, 'words'), join(at.path, 'keys.age')]
  copyFileSync(saved.words, words)
  copyFileSync(saved.file, file)
  return { home, words, file, [Symbol.dispose]: at[Symbol.dispose] }
}

const keysIn = (home: Home): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(home.keys).map((name) => [name, readFileSync(join(home.keys, name), 'utf8')]),
  )

describe('a backup of the keys', { timeout: 60_000 }, () => {
  test('brings everything in keys/ that cannot be made again to another home', async () => {
    using one = aKeyedHome()
    using other = aKeyedHome()
    // A predecessor, and its key that was kept.
    const before = identityAt(other.home.instanceKey)
    addSuccession(one.home, stateSuccession(before, one.did))
    writeFileSync(join(one.home.keys, `instance.key.${before.did.slice(-8)}.old`), 'kept', {
      mode: 0o600,
    })
    const made = await backup(one.home, one.file, one.words)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(made.stdout)).toMatchObject({ object: 'identity_backup', did: one.did })
    expect(statSync(one.file).mode & 0o777).toBe(0o600)
    const sealed = readFileSync(one.file, 'utf8')
    expect(sealed).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/)
    expect(sealed).not.toContain('PRIVATE KEY')

    using third = aHome()
    const fresh = homeAt(join(third.path, 'fresh'))
    const restored = await restore(fresh, one.file, one.words)
    expect(restored).toMatchObject({ code: 0 })
    expect(JSON.parse(restored.stdout)).toMatchObject({ did: one.did, aside: null })
    expect(keysIn(fresh)).toEqual(keysIn(one.home))
    expect(identityAt(fresh.instanceKey).did).toBe(one.did)
    expect(statSync(fresh.instanceKey).mode & 0o777).toBe(0o600)
    // The same again changes nothing.
    expect(await restore(fresh, one.file, one.words)).toMatchObject({ code: 0 })
    expect(keysIn(fresh)).toEqual(keysIn(one.home))
    expect(readdirSync(fresh.root).filter((name) => name.startsWith('keys.'))).toEqual([])
  })

  test('refuses another identity, and with --force sets it aside whole', async () => {
    using one = aSavedHome()
    using other = aKeyedHome()
    const theirs = keysIn(other.home)
    const refused = await restore(other.home, one.file, one.words)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('[IDENTITY_OTHER]')
    expect(keysIn(other.home)).toEqual(theirs)
    const forced = await restore(other.home, one.file, one.words, '--force')
    const { aside } = JSON.parse(forced.stdout) as { readonly aside: string }
    expect(keysIn(other.home)).toEqual(keysIn(one.home))
    expect(keysIn({ ...other.home, keys: aside })).toEqual(theirs)
    expect(statSync(aside).mode & 0o777).toBe(0o700)
  })

  test('does not open with another passphrase, and never with a changed byte', async () => {
    using one = aSavedHome()
    using other = aHome()
    const fresh = homeAt(join(other.path, 'fresh'))
    writeFileSync(one.words, 'marble otter seven lanterm\n')
    const wrong = await restore(fresh, one.file, one.words)
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain('[PASSPHRASE_WRONG]')
    writeFileSync(one.words, WORDS)
    const text = readFileSync(one.file, 'utf8')
    for (const damaged of [text.slice(0, 400), text.replace(/^(.{450})./su, '$1!'), 'hello', '']) {
      writeFileSync(one.file, damaged)
      const run = await restore(fresh, one.file, one.words)
      expect(run.code).toBe(1)
      expect(run.stderr).toMatch(/\[(?:AGE_FILE_\w+|KEYS_FILE_INVALID|PASSPHRASE_WRONG)\]\ntry: \w/)
    }
    expect(existsSync(fresh.instanceKey)).toBe(false)
  })

  test('is not put back while a daemon runs', async () => {
    using one = aSavedHome()
    const instance = takeSingleInstance(one.home)
    const run = await restore(one.home, one.file, one.words)
    instance.release()
    expect(run.stderr).toContain('[DAEMON_RUNNING]')
  })

  test('leaves no file behind if it is not made, and overwrites none', async () => {
    using one = aKeyedHome()
    writeFileSync(one.words, 'short\n')
    const short = await backup(one.home, one.file, one.words)
    expect(short).toMatchObject({ code: 2, stdout: '' })
    expect(short.stderr).toContain('[PASSPHRASE_SHORT]')
    expect(existsSync(one.file)).toBe(false)
    const none = await runHere(['identity', 'backup', '-o', one.file], { home: one.home.root })
    expect(none.stderr).toContain('[PASSPHRASE_NEEDED]')
    expect(existsSync(one.file)).toBe(false)
    writeFileSync(one.words, WORDS)
    writeFileSync(one.file, 'mine')
    expect((await backup(one.home, one.file, one.words)).stderr).toContain('[OUT_EXISTS]')
    expect(readFileSync(one.file, 'utf8')).toBe('mine')
  })

  test('is missed by the doctor once the keys are a week old, until it was made', async () => {
    using one = aKeyedHome()
    const now = Date.now()
    expect(keysCheck(one.home, one.did, now)).toMatchObject({
      status: 'skip',
      message: expect.stringContaining('spl identity backup'),
    })
    utimesSync(one.home.instanceKey, new Date(), new Date(now - WEEK_MS - 1000))
    expect(keysCheck(one.home, one.did, now)).toMatchObject({
      status: 'warn',
      fix: expect.stringContaining('spl identity backup'),
    })
    await backup(one.home, one.file, one.words)
    expect(keysCheck(one.home, one.did, now)).toMatchObject({ status: 'pass' })
    expect(keysCheck(one.home, 'did:key:zOther', now)).toMatchObject({ status: 'warn' })
  })
})

describe('the terminal that a passphrase is typed on', { timeout: 60_000 }, () => {
  test('does not show it, and asks twice', async () => {
    using one = aKeyedHome()
    const command = `${process.execPath} ${MAIN} identity backup -o ${one.file}`
    const args = ['--quiet', '--return', '--echo', 'never', '--command', command, '/dev/null']
    const terminal = spawn('script', args, {
      env: { ...process.env, SYNCROPEL_HOME: one.home.root },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let shown = ''
    let answered = 0
    terminal.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString()
      const asked = ['Passphrase: ', 'The same again: '].filter((text) =>
        shown.includes(text),
      ).length
      for (; answered < asked; answered += 1) terminal.stdin.write(`${WORDS}\n`)
    })
    const [code] = await once(terminal, 'close')
    expect(code).toBe(0)
    expect(shown).toContain('Passphrase: ')
    expect(shown).toContain('The same again: ')
    expect(shown).not.toContain('marble')
    expect(existsSync(one.file)).toBe(true)
  })
})
