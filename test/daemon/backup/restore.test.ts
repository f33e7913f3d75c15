import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const spl = (home: KeptHome, ...args: readonly string[]) => runHere(args, { home: home.path })

async function backedUp(home: KeptHome): Promise<string> {
  const { stdout } = await spl(home, 'backup', 'create', '--json')
  return (JSON.parse(stdout) as { name: string }).name
}

/** Every record as it is given out, and what is made of records. */
async function contentOf(home: KeptHome): Promise<unknown> {
  const page = await (await home.ask('/v1/sync/changes?limit=10000')).json()
  const { records } = page as { records: unknown[] }
  const read = async (path: string) =>
    ((await (await home.ask(path)).json()) as { data: unknown }).data
  return {
    records,
    accounts: await read('/v1/service-accounts'),
    settings: ((await (await home.ask('/v1/config')).json()) as { settings: unknown }).settings,
  }
}

const TRIGGER = `CREATE TRIGGER evil AFTER INSERT ON records BEGIN DELETE FROM records; END`

const filesOf = (home: KeptHome): readonly string[] =>
  readdirSync(home.path).filter(
    (name) =>
      /^(?:hub|replaced|\.restoring)/u.test(name) && !/^hub\.(?:db\.lock|search)/u.test(name),
  )

describe('spl restore', () => {
  test('gives back the same records, signatures, settings and accounts, and their tokens work', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(50)
    await spl(home, 'config', 'set', 'token_burst', '77')
    const before = await contentOf(home)
    const name = await backedUp(home)
    await home.stop()
    home.removeStore()
    rmSync(join(home.path, 'store.state'))
    const run = await spl(home, 'restore', '--json')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(run.stdout)).toMatchObject({ backup: name, replaced: null, lost_records: 0 })
    await home.start()
    expect(await contentOf(home)).toEqual(before)
    expect(statSync(home.database).mode & 0o777).toBe(0o600)
  })

  test('says what is lost, sets the old store aside whole, and tells readers to start anew', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(10)
    await backedUp(home)
    const lost = await home.append(7, 'lost')
    const cursor = await home.cursor()
    await home.stop()
    const refused = await spl(home, 'restore')
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/7 of them are not in the backup[^]*\[CONFIRMATION_NEEDED\]/u),
    ])
    expect(filesOf(home)).toEqual(['hub.db'])
    const run = await spl(home, 'restore', '--yes', '--json')
    const { replaced, lost_records: count } = JSON.parse(run.stdout) as {
      replaced: string
      lost_records: number
    }
    expect([run.code, count]).toEqual([0, 7])
    const old = new BetterSqlite(join(replaced, 'hub.db'), { readonly: true })
    const ids = old.prepare('SELECT lower(hex(id_start)) FROM records ORDER BY seq').pluck().all()
    old.close()
    expect(ids.slice(-7)).toEqual(lost.map((id) => id.slice(0, 16)))
    await home.start()
    expect(await home.told(`/v1/sync/changes?since=${cursor}`)).toBe('409 CURSOR_EPOCH_CHANGED')
    expect(home.daemon().store.lineageBroken).toBeUndefined()
    expect(await home.told(`/v1/records/${lost[0]}`)).toBe('404 NOT_FOUND')
  })

  test('is refused while a daemon runs, and nothing is touched', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(3)
    await backedUp(home)
    const run = await spl(home, 'restore', '--yes')
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('[DAEMON_RUNNING]')])
    await home.append(1)
  })

  test('revokes again what was revoked since the backup, before anybody can use it', async () => {
    await using home = aKeptHome()
    const { access } = await home.start()
    const request = { name: 'phone', scopes: ['records:read'] as const }
    const stolen = await access.accounts.createWithToken(request, null)
    const headers = { authorization: `Bearer ${stolen.token}` }
    await backedUp(home)
    await spl(home, 'service-account', 'revoke', stolen.account)
    expect(await home.told('/v1/threads', { headers })).toBe('401 AUTH_INVALID')
    await home.stop()
    const run = await spl(home, 'restore', '--yes', '--json')
    expect(JSON.parse(run.stdout)).toMatchObject({
      revived: { accounts: [{ id: stolen.account, name: 'phone' }] },
      revoked_again: true,
    })
    await home.start()
    expect(await home.told('/v1/threads', { headers })).toBe('401 AUTH_INVALID')
    await home.stop()
    const again = await spl(home, 'restore', '--yes', '--no-revoke')
    expect(again.stderr).toContain('valid again (--no-revoke)')
    await home.start()
    expect(await home.told('/v1/threads', { headers })).toBe('200')
  })

  test('revokes again what a store says that an earlier restore has put aside', async () => {
    await using home = aKeptHome()
    const { access } = await home.start()
    const first = await backedUp(home)
    const request = { name: 'phone', scopes: ['records:read'] as const }
    const stolen = await access.accounts.createWithToken(request, null)
    const headers = { authorization: `Bearer ${stolen.token}` }
    const second = await backedUp(home)
    await spl(home, 'service-account', 'revoke', stolen.account)
    await home.stop()
    // Too far back, where nobody has heard of the account, and then forward again.
    expect(await spl(home, 'restore', first, '--yes')).toMatchObject({ code: 0 })
    // What the home remembers beside its stores would be enough.
    rmSync(join(home.path, 'ended.list'))
    const run = await spl(home, 'restore', second, '--yes', '--json')
    expect(JSON.parse(run.stdout)).toMatchObject({
      revived: { accounts: [{ id: stolen.account }] },
      revoked_again: true,
    })
    await home.start()
    expect(await home.told('/v1/threads', { headers })).toBe('401 AUTH_INVALID')
  })

  test('takes any copy of the store of this home, whole, and no damaged one', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(20)
    await home.stop()
    const copy = join(home.aside, 'copy.db')
    copyFileSync(home.database, copy)
    chmodSync(copy, 0o644)
    expect(await spl(home, 'restore', copy, '--yes')).toMatchObject({ code: 0 })
    for (const file of globSync(`${home.database}*`)) {
      expect([file, statSync(file).mode & 0o077]).toEqual([file, 0])
    }
    const bytes = readFileSync(copy)
    const at = bytes.indexOf('"n":11')
    writeFileSync(copy, bytes.fill('9', at + 4, at + 5))
    const before = readFileSync(home.database)
    const run = await spl(home, 'restore', copy, '--yes')
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('[BACKUP_DAMAGED]')])
    expect(readFileSync(home.database).equals(before)).toBe(true)
    expect(await spl(home, 'restore', copy, '--yes', '--force')).toMatchObject({ code: 0 })
  })

  test.each([
    ['is missing', 'none.db', 'BACKUP_UNREADABLE'],
    ['is no database', 'text.db', 'BACKUP_UNREADABLE'],
    ['is an export', 'records.ndjson', 'BACKUP_UNREADABLE'],
    ['is empty', 'empty.db', 'BACKUP_UNREADABLE'],
    ['is a database of another program', 'foreign.db', 'STORE_FOREIGN'],
    ['has a newer schema', 'newer.db', 'STORE_TOO_NEW'],
    ['has a trigger of another program', 'trigger.db', 'STORE_FOREIGN_SCHEMA'],
    ['is of another home', 'other.db', 'BACKUP_FOREIGN'],
  ])('refuses a file that %s, and touches nothing', async (_what, file, code) => {
    await using home = aKeptHome()
    await using other = aKeptHome()
    await home.start()
    await home.append(3)
    await home.stop()
    await other.start()
    await other.append(3)
    await other.stop()
    writeFileSync(join(home.aside, 'text.db'), 'no database at all, '.repeat(1000))
    writeFileSync(join(home.aside, 'empty.db'), '')
    writeFileSync(join(home.aside, 'records.ndjson'), '{"object":"export"}\n')
    new BetterSqlite(join(home.aside, 'foreign.db')).exec('CREATE TABLE t (a)').close()
    copyFileSync(home.database, join(home.aside, 'newer.db'))
    const newer = new BetterSqlite(join(home.aside, 'newer.db'))
    newer.pragma('user_version = 99')
    newer.close()
    copyFileSync(other.database, join(home.aside, 'other.db'))
    copyFileSync(home.database, join(home.aside, 'trigger.db'))
    new BetterSqlite(join(home.aside, 'trigger.db')).exec(TRIGGER).close()
    const before = readFileSync(home.database)
    const run = await spl(home, 'restore', join(home.aside, file), '--yes')
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(`[${code}]`)])
    // Of the file that was given, and of what this command can do.
    expect(run.stderr).not.toMatch(/\.restoring-|copy\.db|--store/u)
    if (code.startsWith('BACKUP_')) expect(run.stderr).toContain(file)
    expect(readFileSync(home.database).equals(before)).toBe(true)
    expect(filesOf(home)).toEqual(['hub.db'])
  })

  test('does not take a backup of which one byte is another', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(3)
    const file = join(home.path, 'backups', await backedUp(home))
    await home.stop()
    const bytes = readFileSync(file)
    bytes[5000] = (bytes[5000] ?? 0) ^ 1
    writeFileSync(file, bytes)
    const before = readFileSync(home.database)
    const run = await spl(home, 'restore', '--yes')
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('[BACKUP_DAMAGED]')])
    expect(readFileSync(home.database).equals(before)).toBe(true)
    expect(filesOf(home)).toEqual(['hub.db'])
  })

  test('does not replace the store of a newer spl without --force, which cannot say what is lost', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(3)
    await backedUp(home)
    await home.stop()
    const newer = new BetterSqlite(home.database)
    newer.pragma('user_version = 99')
    newer.close()
    const before = readFileSync(home.database)
    const run = await spl(home, 'restore', '--yes')
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('[STORE_TOO_NEW]')])
    expect(run.stderr).toContain('spl restore --force')
    expect(readFileSync(home.database).equals(before)).toBe(true)
    expect(filesOf(home)).toEqual(['hub.db'])
    const forced = await spl(home, 'restore', '--yes', '--force', '--json')
    expect(forced.stderr).toContain('the present store cannot be read')
    const { lost_records: lost, replaced } = JSON.parse(forced.stdout) as Record<string, string>
    expect(lost).toBeNull()
    expect(readFileSync(join(replaced ?? '', 'hub.db')).equals(before)).toBe(true)
    await home.start()
  })

  test('touches nothing here while commands go to another daemon, unless --home names this one', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(1)
    const older = await backedUp(home)
    await home.append(1)
    await backedUp(home)
    await home.stop()
    const env = { SPL_SERVE_URL: 'https://elsewhere.example', SPL_TOKEN: 'spl_x' }
    const before = readFileSync(home.database)
    for (const line of [
      ['backup', 'remove', older],
      ['restore', older, '--yes'],
    ]) {
      const run = await runHere(line, { home: home.path, env })
      expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('[HOME_ONLY]')])
    }
    expect(existsSync(join(home.path, 'backups', older))).toBe(true)
    expect(readFileSync(home.database).equals(before)).toBe(true)
    const line = ['backup', 'remove', older, '--yes', '--home', home.path]
    expect(await runHere(line, { home: home.path, env })).toMatchObject({ code: 0 })
    expect(existsSync(join(home.path, 'backups', older))).toBe(false)
  })

  test('takes the newest backup of a key that was replaced only if it is named', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(3)
    const name = await backedUp(home)
    await home.stop()
    await spl(home, 'gateway', 'rotate-identity', '--yes')
    const refused = await spl(home, 'restore', '--yes')
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(
        /replaced[^]*spl restore hub-[^]*\[BACKUP_NOT_FOUND\]|\[BACKUP_NOT_FOUND\][^]*spl restore hub-/u,
      ),
    ])
    expect(await spl(home, 'restore', name, '--yes')).toMatchObject({ code: 0 })
    await home.start()
    // One of the key of now comes first, also where that of the old key is newer.
    const own = await backedUp(home)
    await home.stop()
    const run = await spl(home, 'restore', '--yes', '--json')
    expect(JSON.parse(run.stdout)).toMatchObject({ backup: own })
  })

  test('replaces a store that cannot be read, with the log of a killed daemon, and warns', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(5)
    const name = await backedUp(home)
    await home.stop()
    writeFileSync(home.database, 'ruined '.repeat(4096))
    appendFileSync(`${home.database}-wal`, 'and its log')
    mkdirSync(join(home.path, 'elsewhere'))
    const run = await spl(home, 'restore', name, '--yes', '--json')
    expect(run.stderr).toContain('the present store cannot be read; it had')
    const { replaced } = JSON.parse(run.stdout) as { replaced: string }
    expect(readdirSync(replaced)).toEqual(expect.arrayContaining(['hub.db', 'hub.db-wal']))
    expect(existsSync(`${home.database}-wal`)).toBe(false)
    await home.start()
    expect(globSync('.restoring-*', { cwd: home.path })).toEqual([])
  })
})
