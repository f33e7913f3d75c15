import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import Database from 'better-sqlite3'
import { storeOf } from '../../../local-daemon/cli/doctor/survey.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { POST } from './store-answers.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const PAGE = 8192
interface Verification {
  readonly status: string
  readonly records: number
  readonly count: number
  readonly findings: readonly { readonly check: string; readonly message: string; seq?: number }[]
}

async function verify(at: KeptHome): Promise<Verification & { code: number | null }> {
  const run = await runHere(['verify', '--json'], { home: at.path })
  return { code: run.code, ...(JSON.parse(run.stdout || '{}') as Verification) }
}

/** A stopped home with some hundred records, each of whose texts can be found in the file. */
async function aFullHome(at: KeptHome): Promise<readonly string[]> {
  await at.start()
  const ids: string[] = []
  for (let n = 0; n < 300; n += 1)
    ids.push(...(await at.append(1, `needle-${n}-${'x'.repeat(200)}`)))
  await at.stop()
  return ids
}

/** Where a text lies in the database, in its table and not in an index. */
function placeOf(file: Buffer, text: string): number {
  const place = file.indexOf(text)
  expect(place).toBeGreaterThan(0)
  return place
}

describe('a damaged store', () => {
  it('with one flipped byte in a record refuses that record alone, and names it', async () => {
    await using at = aKeptHome()
    const ids = await aFullHome(at)
    expect(await verify(at)).toMatchObject({ code: 0, status: 'ok', count: 0, records: 302 })
    const file = readFileSync(at.database)
    const place = placeOf(file, 'needle-150-')
    file[place] = (file[place] ?? 0) ^ 1
    writeFileSync(at.database, file)
    await at.start()
    const damaged = ids[150]
    expect(await at.told(`/v1/records/${ids[149]}`)).toBe('200')
    expect(await at.told(`/v1/records/${damaged}`)).toBe('500 STORE_DAMAGED')
    expect(at.daemon().store.trouble()).toMatchObject({ code: 'STORE_DAMAGED', stopsWrites: false })
    expect(await at.told('/v1/records', POST)).toBe('201')
    // While the daemon runs, and names the first one.
    const found = await verify(at)
    expect(found).toMatchObject({ code: 1, status: 'damaged' })
    expect(found.findings[0]).toMatchObject({ check: 'record', seq: 153 })
    const doctor = await runHere(['doctor', '--json', '--no-outside'], { home: at.path })
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string }[] }
    expect(checks.find(({ name }) => name === 'store-content')).toMatchObject({ status: 'fail' })
  })

  it('with a ruined page says so with one code, takes nothing more, and names the records', async () => {
    await using at = aKeptHome()
    const ids = await aFullHome(at)
    const file = readFileSync(at.database)
    const page = Math.floor(placeOf(file, 'needle-150-') / PAGE)
    randomBytes(PAGE).copy(file, page * PAGE)
    writeFileSync(at.database, file)
    await at.start()
    expect(await at.told(`/v1/records/${ids[150]}`)).toBe('500 STORE_DAMAGED')
    expect(await at.told('/v1/records', POST)).toBe('500 STORE_DAMAGED')
    expect(await at.told('/v1/records?thread=th_x')).toBe('200')
    const found = await verify(at)
    expect(found.code).toBe(1)
    expect(found.findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['file', 'record']),
    )
  })

  it('with random pages has one code, wherever it is met', async () => {
    for (let round = 0; round < 4; round += 1) {
      await using at = aKeptHome()
      const ids = await aFullHome(at)
      const file = readFileSync(at.database)
      for (
        let page = 5 + round * 9;
        page < Math.min(14 + round * 9, file.length / PAGE);
        page += 1
      ) {
        randomBytes(PAGE).copy(file, page * PAGE)
      }
      writeFileSync(at.database, file)
      const started = await at.start().then(
        () => 'started',
        (error: unknown) => (error as { code: string }).code,
      )
      expect(started).toMatch(/^(?:started|STORE_UNREADABLE|STORE_DAMAGED)$/)
      if (started !== 'started') continue
      const paths = [
        ...ids.filter((_, n) => n % 20 === 0).map((id) => `/v1/records/${id}`),
        '/v1/threads',
        '/v1/tokens',
        '/v1/service-accounts',
        '/v1/invites',
        '/v1/config',
        '/v1/identity',
        '/v1/sync/changes?limit=10',
        `/v1/records?actor=did:sync:user:ada&limit=10`,
      ]
      const outcomes = new Set<string>()
      for (const path of paths) outcomes.add(await at.told(path).catch(() => 'cut'))
      outcomes.add(await at.told('/v1/records', POST))
      const others = [...outcomes].filter(
        (told) => !/^(?:20[01]|404 NOT_FOUND|401 AUTH_INVALID|500 STORE_DAMAGED|cut)$/.test(told),
      )
      expect(others).toEqual([])
    }
  })
})

describe('spl verify', () => {
  it.each([
    ['a signature', `UPDATE records SET sig = zeroblob(64) WHERE seq = 7`, 'record 7 sig'],
    [
      'a column',
      `UPDATE records SET thread = (SELECT max(first_seq) FROM threads) WHERE seq = 1`,
      'record 1 has another thread',
    ],
    ['a missing record', 'DELETE FROM records WHERE seq = 7', 'record 7 cannot be read'],
    ['a thread', 'UPDATE threads SET records = records + 1', 'table threads'],
    ['a token', `UPDATE tokens SET scopes = '["admin","records:read"]'`, 'table tokens'],
    ['an account', `DELETE FROM tokens; DELETE FROM service_accounts`, 'table service_accounts'],
    [
      'a setting',
      `INSERT INTO settings VALUES ('auth_required', 'false', 'x', 1)`,
      'table settings',
    ],
    ['the epoch', `UPDATE store SET epoch = 'ffffffffffffffff'`, 'it is another store'],
  ])('finds %s that was altered', async (_what, sql, message) => {
    await using at = aKeptHome()
    await at.start()
    await at.append(10)
    await at.stop()
    const database = new Database(at.database)
    database.exec(sql)
    database.close()
    const { code, findings } = await verify(at)
    expect(code).toBe(1)
    expect(findings.map((finding) => finding.message).join('\n')).toContain(message)
  })

  it('of another home is not called damaged: its identity is named, and how to check it', async () => {
    await using other = aKeptHome()
    const { identity } = await other.start()
    await other.append(3)
    await other.stop()
    await using at = aKeptHome()
    await at.start()
    await at.stop()
    const line = ['verify', '--store', other.database]
    const run = await runHere(line, { home: at.path })
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toContain(`belongs to ${identity.did}`)
    expect(run.stderr).toMatch(/\[IDENTITY_MISMATCH\]\ntry: .*spl verify --home/)
    const named = await runHere([...line, '--home', other.path], { home: at.path })
    expect(named).toMatchObject({ code: 0, stdout: expect.stringMatching(/all intact/) })
    const database = new Database(at.database)
    database.exec(`INSERT INTO names (name) VALUES ('${identity.did}');
      UPDATE records SET origin = last_insert_rowid() WHERE seq = 2`)
    database.close()
    const damaged = await runHere(['verify'], { home: at.path })
    expect(damaged.stderr).toContain('[STORE_DAMAGED]')
  })

  it('needs a home with an identity, and a database', async () => {
    await using at = aKeptHome()
    const run = await runHere(['verify'], { home: at.path })
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('KEY_MISSING')])
    await at.start()
    await at.stop()
    at.removeStore()
    const again = await runHere(['verify'], { home: at.path })
    expect(again.code).toBe(1)
    expect(again.stderr).toMatch(/there is no such file \[STORE_UNREADABLE\]\ntry: /)
    expect(again.stderr).not.toContain('spl serve')
    expect(storeOf({ home: homeAt(at.path) })).toBe(at.database)
  })
})
