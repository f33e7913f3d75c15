import {
  copyFileSync,
  existsSync,
  globSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { until } from '../../support/until.ts'
import { healthOf, POST } from './store-answers.ts'

type KeptHome = ReturnType<typeof aKeptHome>

/** What was saved, once the owner is told where. */
async function savedFile(at: KeptHome): Promise<string> {
  let told = ''
  await until('the owner is told of what was saved', async () => {
    told = (await healthOf(at)).store.problem?.message ?? ''
    return told.includes('everything that was in the store is in')
  })
  return told.slice(
    told.lastIndexOf('/', told.lastIndexOf('/') - 1) === -1 ? 0 : told.indexOf(' is in ') + 7,
  )
}

function headOf(file: string): unknown {
  using database = Object.assign(new Database(file, { readonly: true }), {
    [Symbol.dispose]() {
      database.close()
    },
  })
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  return database.prepare('SELECT max(seq) FROM records').pluck().get()
}

describe('a store whose file is taken away while the daemon runs', () => {
  it.each([
    ['every file deleted', (at: KeptHome) => at.removeStore(), 'STORE_MISSING'],
    ['the database deleted', (at: KeptHome) => rmSync(at.database), 'STORE_MISSING'],
    ['its log deleted', (at: KeptHome) => rmSync(`${at.database}-wal`), 'STORE_MISSING'],
    [
      'moved away',
      (at: KeptHome) => renameSync(at.database, join(at.aside, 'moved.db')),
      'STORE_MISSING',
    ],
    ['an older copy moved to its place', moveOldCopy, 'STORE_REPLACED'],
  ] as const)(
    '%s: nothing more is acknowledged, and what is open is saved',
    async (_what, harm, code) => {
      await using at = aKeptHome()
      await at.start()
      await at.append(3)
      copyFileSync(at.database, join(at.aside, 'old.db'))
      await at.append(2)
      expect(await at.told('/v1/records', POST)).toBe('201')
      const head = at.daemon().store.head()
      harm(at)
      expect(await at.told('/v1/records', POST)).toBe(`503 ${code}`)
      expect(
        await at.told('/v1/tokens', {
          method: 'POST',
          body: JSON.stringify({ service_account_id: at.daemon().store.accounts()[0]?.id }),
        }),
      ).toBe(`503 ${code}`)
      const file = await savedFile(at)
      expect(headOf(file)).toBe(head)
      // What was acknowledged is still read.
      expect(await at.told('/v1/records?thread=th_test')).toBe('200')
      expect(await healthOf(at)).toMatchObject({
        status: 'failing',
        store: { writable: false, problem: { code } },
      })
      const next = (await healthOf(at)).store.problem?.try ?? ''
      expect(next).toContain(`cp ${file} ${at.database}`)
      await at.stop()
      // What the owner was told to do, and every reader goes on.
      for (const end of ['-wal', '-shm']) rmSync(at.database + end, { force: true })
      copyFileSync(file, at.database)
      await at.start()
      expect([at.daemon().store.head(), at.daemon().store.lineageBroken]).toEqual([head, undefined])
      expect(await at.told('/v1/records', POST)).toBe('201')
    },
  )

  it('is noticed without any request', async () => {
    await using at = aKeptHome()
    await at.start()
    at.removeStore()
    await until(
      'it is noticed',
      async () => (await healthOf(at)).store.problem?.code === 'STORE_MISSING',
    )
    await savedFile(at)
  })

  it('is not shown to others with its path', async () => {
    await using at = aKeptHome()
    await at.start()
    at.removeStore()
    await savedFile(at)
    const refused = await (await at.ask('/v1/records', POST)).text()
    expect(refused).not.toContain(dirname(at.database))
    expect(JSON.parse(refused)).toMatchObject({ try: expect.stringContaining('spl status') })
    const open = await (await at.ask('/health')).text()
    expect(JSON.parse(open)).toMatchObject({ status: 'ok' })
    expect(open).not.toContain('store')
  })

  it('is not closed over the log of the file that came in its place', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    await at.stop()
    at.copyStore()
    await at.start()
    await at.append(3)
    at.removeStore()
    copyFileSync(join(at.aside, 'hub.db'), at.database)
    writeFileSync(`${at.database}-wal`, 'of the other one')
    expect(await at.told('/v1/records', POST)).toBe('503 STORE_REPLACED')
    await at.stop()
    expect(readFileSync(`${at.database}-wal`, 'utf8')).toBe('of the other one')
  })

  it('leaves no log of its own beside an older copy', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    copyFileSync(at.database, join(at.aside, 'old.db'))
    await at.append(2)
    moveOldCopy(at)
    await savedFile(at)
    expect(existsSync(`${at.database}-wal`)).toBe(false)
  })

  it('is saved elsewhere, where its directory went with it', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    const head = at.daemon().store.head()
    renameSync(at.path, `${at.path}.gone`)
    try {
      await expect(at.daemon().store.append(aDraft())).rejects.toMatchObject({
        code: 'STORE_MISSING',
      })
      await at.daemon().store.whenSaved()
      const file =
        / is in (\S+)$/.exec(at.daemon().store.trouble()?.owner?.message ?? '')?.[1] ?? ''
      expect(headOf(file)).toBe(head)
      rmSync(dirname(file), { recursive: true })
    } finally {
      renameSync(`${at.path}.gone`, at.path)
    }
  })
})

function moveOldCopy(at: KeptHome): void {
  renameSync(join(at.aside, 'old.db'), at.database)
}

describe('an identity whose store is empty', () => {
  async function refusal(at: KeptHome) {
    const error = await at.start().then(
      () => undefined,
      (reason: unknown) => reason as { code: string; message: string; try: string },
    )
    expect(error).toMatchObject({
      code: 'STORE_EMPTY',
      try: expect.stringMatching(/Put back .*--new-store/),
    })
    return error?.message ?? ''
  }

  it.each([
    ['deleted', (at: KeptHome) => at.removeStore()],
    [
      'of 0 bytes',
      (at: KeptHome) => {
        at.removeStore()
        writeFileSync(at.database, '')
      },
    ],
    [
      'copied from a running daemon without its log',
      (at: KeptHome) => {
        at.removeStore()
        copyFileSync(join(at.aside, 'running.db'), at.database)
      },
    ],
  ] as const)('%s is refused, and no bearer is made', async (_what, harm) => {
    await using at = aKeptHome()
    await at.start()
    copyFileSync(at.database, join(at.aside, 'running.db'))
    await at.append(5)
    await at.stop()
    harm(at)
    expect(await refusal(at)).toMatch(/is empty: .*, and it had 7 records on 20/)
    // Also a second time: looking has changed nothing.
    await refusal(at)
    const daemon = await at.start({ newStore: true })
    expect(daemon.adminBearer).toMatch(/^spl_/)
    expect(daemon.store.head()).toBe(2)
    await at.stop()
    await at.start()
    expect(at.daemon().adminBearer).toBeUndefined()
  })

  it('is refused where only the log was deleted after a kill', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(5)
    // What a killed daemon leaves.
    at.copyStore()
    const log = readFileSync(`${at.database}-wal`)
    await at.stop()
    at.removeStore()
    copyFileSync(join(at.aside, 'hub.db'), at.database)
    await refusal(at)
    // And an empty file beside the log: SQLite would remove the log.
    writeFileSync(at.database, '')
    writeFileSync(`${at.database}-wal`, log)
    expect(await refusal(at)).toContain('its log')
    expect(readFileSync(`${at.database}-wal`)).toEqual(log)
    copyFileSync(join(at.aside, 'hub.db'), at.database)
    await at.start()
    expect(at.daemon().store.head()).toBe(7)
  })

  it('is taken for lost where nothing remembers it', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.stop()
    at.removeStore()
    rmSync(join(at.path, 'store.state'))
    expect(await refusal(at)).toContain('the identity of this home has had a store')
  })

  it('names what was saved, if something was', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(2)
    at.removeStore()
    const file = await savedFile(at)
    await at.stop()
    const error = await at.start().catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'STORE_EMPTY',
      try: expect.stringContaining(`cp ${file} ${at.database}`),
    })
  })

  it('is not found if a first start was cut short, or the store was in memory before', async () => {
    await using at = aKeptHome()
    await at.start({ memory: true })
    await at.stop()
    expect((await at.start()).adminBearer).toMatch(/^spl_/)
    await at.stop()
    await using other = aKeptHome()
    await expect(other.start({ store: join(other.path, 'none', 'x.db') })).rejects.toMatchObject({
      code: 'STORE_DIRECTORY_MISSING',
    })
    await expect(other.start({ port: 1, host: '192.168.255.254' })).rejects.toMatchObject({
      code: 'HOST_NOT_HERE',
    })
    expect((await other.start()).adminBearer).toMatch(/^spl_/)
  })

  it('asked for where there are records is refused', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.stop()
    await expect(at.start({ newStore: true })).rejects.toMatchObject({
      code: 'STORE_NOT_EMPTY',
      try: expect.stringContaining('--new-store'),
    })
  })

  it('leaves nothing behind when it is refused', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.stop()
    at.removeStore()
    await refusal(at)
    expect(globSync('hub.db*', { cwd: at.path })).toEqual(['hub.db.lock'])
  })
})
