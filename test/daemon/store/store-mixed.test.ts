import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { readLineage } from '../../../local-daemon/store/lineage/lineage-file.ts'
import { until } from '../../support/until.ts'
import { ADA, aDraft, overSocket } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { healthOf } from './store-answers.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const SERVE = fileURLToPath(new URL('../../support/daemon/serve-home.ts', import.meta.url))
const record = (n: number) =>
  JSON.stringify({
    thread: 'th_test',
    actor: ADA,
    act: 'DO',
    body: { text: 'x'.repeat(400), n },
    parents: [],
    data_type: 'SCALAR',
    judged_by: null,
  })
const POST = { method: 'POST', body: record(0) }

/** As another program does that looks after a database: it folds the log into the file. */
function foldElsewhere(at: KeptHome): void {
  const script = `const D=require('better-sqlite3');const d=new D(process.argv[1]);d.pragma('wal_checkpoint(TRUNCATE)');d.close()`
  execFileSync(process.execPath, ['-e', script, at.database], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  })
}

/** Three hundred records, all of them acknowledged. */
async function appendMany(at: KeptHome, text: string): Promise<void> {
  const { store } = at.daemon()
  const drafts = Array.from({ length: 300 }, (_, n) =>
    aDraft({ body: { text, n, more: 'x'.repeat(300) } }),
  )
  await Promise.all(drafts.map((draft) => store.append(draft)))
}

/** A daemon in a process of its own that appends `count` records, lets `meanwhile` happen and is killed after as many more. */
async function killedAfter(at: KeptHome, count: number, meanwhile: () => void): Promise<void> {
  const child = spawn(process.execPath, [SERVE, at.path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  expect(said.toString()).toBe('started\n')
  const { socket } = homeAt(at.path)
  const append = async (n: number) => {
    const answer = await overSocket(socket, '/v1/records', { method: 'POST', body: record(n) })
    expect(answer.status).toBe(201)
  }
  const closed = once(child, 'close')
  try {
    await Promise.all(Array.from({ length: count }, (_, n) => append(n)))
    meanwhile()
    for (let n = 0; n < 5; n += 1) await append(count + n)
  } finally {
    child.kill('SIGKILL')
    await closed
  }
  expect(child.signalCode).toBe('SIGKILL')
}

describe('the log of a killed daemon', () => {
  it('is not mixed with an older copy of the database that was put beside it', async () => {
    await using at = aKeptHome()
    await at.start()
    await appendMany(at, 'first')
    await at.stop()
    const old = join(at.aside, 'old.db')
    copyFileSync(at.database, old)
    await killedAfter(at, 300, () => foldElsewhere(at))
    const right = join(at.aside, 'right.db')
    copyFileSync(at.database, right)
    const log = readFileSync(`${at.database}-wal`)
    for (const put of [
      () => copyFileSync(old, at.database),
      () => cpSync(old, at.database, { preserveTimestamps: true }),
    ]) {
      put()
      await expect(at.start()).rejects.toMatchObject({
        code: 'STORE_MIXED',
        try: expect.stringContaining(`mv ${at.database}-wal`),
      })
      // Nothing was touched: what belongs together can be put together again.
      expect(readFileSync(at.database)).toEqual(readFileSync(old))
      expect(readFileSync(`${at.database}-wal`)).toEqual(log)
    }
    copyFileSync(right, at.database)
    const daemon = await at.start()
    expect([daemon.store.head(), daemon.store.lineageBroken]).toEqual([607, undefined])
  })

  it('that lies beside the database of another time is noticed the other way round too', async () => {
    await using at = aKeptHome()
    await at.start()
    for (let round = 0; round < 6; round += 1) await appendMany(at, `round ${round}`)
    await at.stop()
    await at.start()
    await at.append(2)
    const old = join(at.aside, 'old-wal')
    copyFileSync(`${at.database}-wal`, old)
    await appendMany(at, 'after')
    await at.stop()
    copyFileSync(old, `${at.database}-wal`)
    await expect(at.start()).rejects.toMatchObject({ code: 'STORE_MIXED' })
  })

  it('is applied if the file is the one that it belongs to, or a whole copy of both', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.stop()
    await killedAfter(at, 20, () => {})
    at.copyStore()
    expect((await at.start()).store.head()).toBe(27)
    await at.stop()
    at.putStoreBack()
    expect((await at.start()).store.head()).toBe(27)
  })
})

describe('files of a store that are written over while the daemon runs', () => {
  /** As `cp` does: the same files, another content. */
  const copyBack = (ends: readonly string[]) => (at: KeptHome) => {
    for (const end of ends) {
      writeFileSync(at.database + end, readFileSync(join(at.aside, `hub.db${end}`)))
    }
  }

  it.each([
    ['an older copy of both', copyBack(['', '-wal'])],
    ['an older copy of all three', copyBack(['', '-wal', '-shm'])],
    ['an older log', copyBack(['-wal'])],
    ['a log of 0 bytes', (at: KeptHome) => truncateSync(`${at.database}-wal`)],
    ['a database of 0 bytes', (at: KeptHome) => truncateSync(at.database)],
  ])('by %s: nothing more is acknowledged, and the next start says so', async (_what, harm) => {
    await using at = aKeptHome()
    await at.start()
    await appendMany(at, 'first')
    at.copyStore()
    await appendMany(at, 'second')
    const head = at.daemon().store.head()
    expect(head).toBe(602)
    harm(at)
    expect(await at.told('/v1/records', POST)).toBe('503 STORE_REPLACED')
    await at.daemon().store.whenSaved()
    const health = await healthOf(at)
    expect(health).toMatchObject({
      status: 'failing',
      store: { writable: false, problem: { code: 'STORE_REPLACED' } },
    })
    expect(health.store.problem?.message).toMatch(/was written over while the daemon ran; /)
    // What remembers the store has not gone back with it.
    expect(readLineage(join(at.path, 'store.state'))?.seq).toBe(head)
    await at.stop()
    const told = await at.start().then(
      ({ store }) => store.lineageBroken ?? 'nothing',
      ({ code }: { code: string }) => code,
    )
    expect(told).toMatch(/^(?:it is an older copy|STORE_EMPTY)/)
  })

  it('is noticed without any request', async () => {
    await using at = aKeptHome()
    await at.start()
    await appendMany(at, 'first')
    truncateSync(`${at.database}-wal`)
    await until('it is noticed', () => at.daemon().store.trouble()?.code === 'STORE_REPLACED')
    await at.daemon().store.whenSaved()
    // All of it was still in the memory of the process.
    const saved = / is in (\S+),/.exec(at.daemon().store.trouble()?.owner?.message ?? '')?.[1] ?? ''
    expect(readFileSync(saved).includes('first')).toBe(true)
    const database = new Database(saved, { readonly: true })
    expect(database.prepare('SELECT count(*) FROM records').pluck().get()).toBe(302)
    database.close()
  })
})

describe('a database that is written over while the daemon runs', () => {
  async function writtenOver(at: KeptHome): Promise<Buffer> {
    await at.start()
    await appendMany(at, 'first')
    await at.stop()
    const old = readFileSync(at.database)
    await at.start()
    await appendMany(at, 'second')
    foldElsewhere(at)
    await at.append(2)
    expect(await at.told('/v1/records', POST)).toBe('201')
    // As cp does: the same file, another content.
    writeFileSync(at.database, old)
    return old
  }

  it('is noticed before anything is acknowledged, and is told to its owner', async () => {
    await using at = aKeptHome()
    await writtenOver(at)
    const head = at.daemon().store.head()
    expect(await at.told('/v1/records', POST)).toBe('503 STORE_REPLACED')
    expect(at.daemon().store.head()).toBe(head)
    await at.daemon().store.whenSaved()
    const { text } = await overSocket(at.daemon().addresses.socket, '/health')
    expect(JSON.parse(text)).toMatchObject({
      status: 'failing',
      store: {
        writable: false,
        problem: {
          code: 'STORE_REPLACED',
          message: expect.stringContaining(`${at.database} was written over`),
          try: expect.stringContaining('spl verify'),
        },
      },
    })
  })

  it('is noticed without any request, and nothing of the log is written into it', async () => {
    await using at = aKeptHome()
    const old = await writtenOver(at)
    await until('it is noticed', () => at.daemon().store.trouble()?.code === 'STORE_REPLACED')
    await at.daemon().store.whenSaved()
    const saved = / is in (\S+),/.exec(at.daemon().store.trouble()?.owner?.message ?? '')?.[1] ?? ''
    expect(readFileSync(`${saved}-wal.old`).length).toBeGreaterThan(0)
    await at.stop()
    expect(readFileSync(at.database)).toEqual(old)
    expect(existsSync(`${at.database}-wal`)).toBe(false)
    const daemon = await at.start()
    expect(daemon.store.lineageBroken).toMatch(/^it is an older copy/)
  })

  it('is not found if another program folds the log into it', async () => {
    await using at = aKeptHome()
    await at.start()
    for (let round = 0; round < 5; round += 1) {
      await appendMany(at, `round ${round}`)
      foldElsewhere(at)
    }
    await at.append(1)
    expect(at.daemon().store.trouble()).toBeUndefined()
    expect(await at.told('/v1/records', POST)).toBe('201')
  })

  it('is not found if our own commits fold the log into it', async () => {
    await using at = aKeptHome()
    await at.start()
    const { store } = at.daemon()
    // More pages than the log is let grow to.
    for (let round = 0; round < 12; round += 1) {
      const drafts = Array.from({ length: 10 }, (_, n) =>
        aDraft({ body: { n, round, text: 'x'.repeat(500_000) } }),
      )
      await Promise.all(drafts.map((draft) => store.append(draft)))
    }
    expect(readFileSync(at.database).length).toBeGreaterThan(20_000_000)
    expect(store.trouble()).toBeUndefined()
  })
})
