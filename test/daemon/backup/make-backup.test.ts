import { execFileSync } from 'node:child_process'
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { identityAt } from '../../../local-daemon/access/identity/identity.ts'
import { fetchBackup } from '../../../local-daemon/backup/fetch-backup.ts'
import { directoryPlace } from '../../../local-daemon/backup/place/directory-place.ts'
import { readBackups } from '../../../local-daemon/backup/read-backups.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { runHere } from '../../support/cli/run-here.ts'

interface Made {
  readonly name: string
  readonly records: number
  readonly epoch: string
  readonly head_id: string
  readonly bytes: number
  readonly sha256: string
}

type KeptHome = ReturnType<typeof aKeptHome>

/** Asks the daemon for one. */
async function made(home: KeptHome): Promise<Made> {
  const answer = await home.ask('/v1/admin/backup', { method: 'POST', body: '{}' })
  const body = await answer.text()
  expect([answer.status, body]).toEqual([201, expect.stringContaining('"object":"backup"')])
  return JSON.parse(body) as Made
}

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('a backup', () => {
  test(
    'has every record of a store that three writers write to, of one moment',
    { timeout: 90_000 },
    async () => {
      await using home = aKeptHome()
      await home.start()
      const before = await home.append(300)
      let going = true
      const writers = [1, 2, 3].map(async (writer) => {
        let count = 0
        for (; going; count += 1) await home.append(1, `writer ${writer} ${count}`)
        return count
      })
      const backup = await made(home)
      going = false
      expect((await Promise.all(writers)).every((count) => count > 0)).toBe(true)
      const { store } = home.daemon()
      expect(backup.epoch).toBe(store.epoch)
      const all: string[] = []
      while (all.length < backup.records) {
        const { records } = store.page({}, all.length, backup.records, 1_000)
        all.push(...records.map(({ id }) => id.slice(0, 16)))
      }
      expect(backup.head_id).toBe(all.at(-1))
      const copy = new BetterSqlite(join(home.path, 'backups', backup.name), { readonly: true })
      const ids = copy
        .prepare('SELECT lower(hex(id_start)) FROM records ORDER BY seq')
        .pluck()
        .all()
      copy.close()
      expect(ids).toHaveLength(backup.records)
      expect(ids).toEqual(all)
      expect(ids).toEqual(expect.arrayContaining(before.map((id) => id.slice(0, 16))))
    },
  )

  test('is for this user only, and what is left of making it is the backup and its manifest', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(3)
    const { name } = await made(home)
    const directory = join(home.path, 'backups')
    expect(readdirSync(directory)).toEqual([name, `${name}.json`])
    expect(modeOf(directory)).toBe(0o700)
    expect([name, `${name}.json`].map((file) => modeOf(join(directory, file)))).toEqual([
      0o600, 0o600,
    ])
    expect(name).toMatch(/^hub-\d{8}T\d{6}Z-\d+-[0-9a-f]{8}\.db$/)
  })

  test('is listed with what it holds, and one that is not what was signed with its fault', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(3)
    const { name, records, sha256 } = await made(home)
    const list = async () =>
      ((await (await home.ask('/v1/backups')).json()) as { data: object[] }).data
    expect(await list()).toEqual([
      expect.objectContaining({ name, records, sha256, reason: 'asked', fault: null }),
    ])
    const manifest = join(home.path, 'backups', `${name}.json`)
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace(`"records": ${records}`, `"records": ${records + 1}`))
    expect(await list()).toEqual([
      expect.objectContaining({
        name,
        records: null,
        fault: 'its manifest is not what was signed',
      }),
    ])
    writeFileSync(manifest, text)
    truncateSync(join(home.path, 'backups', name), 4096)
    expect(await list()).toEqual([
      expect.objectContaining({ fault: expect.stringMatching(/^it has 4096 bytes, and had/) }),
    ])
  })

  test('of a damaged store is refused with a code, and leaves the good one that was there', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(200)
    const { name } = await made(home)
    await home.stop()
    // An index loses rows: SQLite would make it anew in the copy, and nobody would notice.
    const database = new BetterSqlite(home.database)
    database.unsafeMode(true)
    database.pragma('writable_schema = ON')
    database.exec(
      "UPDATE sqlite_schema SET sql = replace(sql, '(created_at)', '(created_at) WHERE 0') WHERE name = 'idempotency_keys_by_age'",
    )
    database.close()
    const root = new BetterSqlite(home.database)
    root.exec("INSERT INTO idempotency_keys VALUES ('h', 'k', zeroblob(32), 1, 1)")
    root.close()
    const again = new BetterSqlite(home.database)
    again.unsafeMode(true)
    again.pragma('writable_schema = ON')
    again.exec(
      "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE 0', '') WHERE name = 'idempotency_keys_by_age'",
    )
    again.close()
    const run = await runHere(['backup', 'create'], { home: home.path })
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('[STORE_DAMAGED]')])
    expect(readdirSync(join(home.path, 'backups'))).toEqual([name, `${name}.json`])
  })

  test('of a store in memory is refused with a code', async () => {
    await using home = aKeptHome()
    await home.start({ memory: true })
    expect(await home.told('/v1/admin/backup', { method: 'POST', body: '{}' })).toBe(
      '409 BACKUP_REFUSED',
    )
  })

  test('is made by one request at a time', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(3)
    const asked = await Promise.all(
      [1, 2, 3].map(() => home.told('/v1/admin/backup', { method: 'POST', body: '{}' })),
    )
    expect(asked.toSorted()).toEqual(['201', '409 BACKUP_RUNNING', '409 BACKUP_RUNNING'])
  })

  test('needs the scope admin', async () => {
    await using home = aKeptHome()
    const { access } = await home.start()
    const request = { name: 'r', scopes: ['records:read', 'config:write'] as const }
    const { token } = await access.accounts.createWithToken(request, null)
    const headers = { authorization: `Bearer ${token}` }
    expect(await home.told('/v1/backups', { headers })).toBe('403 SCOPE_FORBIDDEN')
    const init = { method: 'POST', body: '{}', headers }
    expect(await home.told('/v1/admin/backup', init)).toBe('403 SCOPE_FORBIDDEN')
  })

  test('that is being made when the daemon stops leaves nothing, and does not hold it up', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(50)
    const backup = home.daemon().backups.make('asked')
    const ended = backup.catch((error: { code: string }) => error.code)
    await home.stop()
    expect(await ended).toBe('BACKUP_FAILED')
    expect(readdirSync(join(home.path, 'backups'))).toEqual([])
  })
})

describe('spl backup', () => {
  test('makes, lists, proves and removes, with and without a daemon', async () => {
    await using home = aKeptHome()
    const spl = (...args: readonly string[]) => runHere(['backup', ...args], { home: home.path })
    await home.start()
    await home.append(10)
    const first = await spl('create', '--json')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const { name } = JSON.parse(first.stdout) as Made
    expect((await spl('list')).stdout).toContain(name)
    await home.append(5)
    await home.stop()
    const second = JSON.parse((await spl('create', '--json')).stdout) as Made
    expect(second.records).toBe((JSON.parse(first.stdout) as Made).records + 5)
    const verified = await spl('verify', '--json')
    expect(JSON.parse(verified.stdout)).toMatchObject({ status: 'ok', name: second.name })
    expect((await spl('remove', name, '--yes')).code).toBe(0)
    const last = await spl('remove', second.name, '--yes')
    expect([last.code, last.stderr]).toEqual([2, expect.stringContaining('[BACKUP_LAST]')])
    expect((await spl('remove', second.name, '--force', '--yes')).code).toBe(0)
    expect(readdirSync(join(home.path, 'backups'))).toEqual([])
    expect((await spl('verify')).stderr).toContain('[BACKUP_NOT_FOUND]')
  })

  test('finds one flipped byte, and a cut file, wherever it is', async () => {
    await using home = aKeptHome()
    await home.start()
    await home.append(40)
    const { name, bytes } = await made(home)
    await home.stop()
    const file = join(home.path, 'backups', name)
    const whole = readFileSync(file)
    const place = directoryPlace(join(home.path, 'backups'))
    const { did } = identityAt(join(home.path, 'keys/instance.key'))
    const read = async () => {
      const [found] = await readBackups(place, [did])
      if (found?.manifest === undefined) return found?.fault
      await using fetched = await fetchBackup(place, found, home.path)
      return fetched.file
    }
    for (let n = 0; n < 200; n += 1) {
      const flipped = Buffer.from(whole)
      const at = Math.floor(Math.random() * bytes)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (n % 8))
      writeFileSync(file, flipped)
      const outcome = await read().catch((error: { code: string }) => error.code)
      expect([at, outcome]).toEqual([at, 'BACKUP_DAMAGED'])
    }
    const spl = () => runHere(['backup', 'verify'], { home: home.path })
    expect(await spl()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[BACKUP_DAMAGED]'),
    })
    writeFileSync(file, whole.subarray(0, bytes - 1))
    expect((await spl()).stderr).toContain('[BACKUP_DAMAGED]')
    writeFileSync(file, whole)
    expect(await spl()).toMatchObject({ code: 0 })
  })

  test('does not take a backup that another home signed', async () => {
    await using home = aKeptHome()
    await using other = aKeptHome()
    await other.start()
    await other.append(3)
    const { name } = await made(other)
    await home.start()
    await home.append(1)
    execFileSync('cp', ['-Rp', join(other.path, 'backups'), home.path])
    expect(existsSync(join(home.path, 'backups', name))).toBe(true)
    const { stderr, code } = await runHere(['backup', 'verify', name], { home: home.path })
    expect([code, stderr]).toEqual([1, expect.stringContaining('[BACKUP_FOREIGN]')])
  })
})
