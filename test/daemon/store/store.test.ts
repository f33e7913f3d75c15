import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { ProblemError } from '../../../local-daemon/problem/problem-error.ts'
import { isAtLeast, openConnection } from '../../../local-daemon/store/file/open-connection.ts'
import { sealRecord } from '../../../local-daemon/store/draft.ts'
import { MIGRATIONS } from '../../../local-daemon/store/file/migrations.ts'
import { openStore } from '../../../local-daemon/store/open-store.ts'
import { flatJson, syncJson } from '../../../local-daemon/store/stored-record.ts'
import type { StoreReader } from '../../../local-daemon/store/reader.ts'
import { parseRecord } from '../../../protocol/records/record.ts'
import { recordId } from '../../../protocol/records/record-id.ts'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import { aDraft, aHome } from '../../support/daemon/a-daemon.ts'
import { anOrigin, aStore } from '../../support/daemon/a-store.ts'

/** Settled results, by what became of each append. */
function tally(results: readonly PromiseSettledResult<{ created: boolean }>[]) {
  const of = (test: (result: PromiseSettledResult<{ created: boolean }>) => boolean) =>
    results.filter(test).length
  return {
    created: of((result) => result.status === 'fulfilled' && result.value.created),
    repeated: of((result) => result.status === 'fulfilled' && !result.value.created),
    refused: of((result) => result.status === 'rejected'),
  }
}

describe('append', () => {
  it('keeps the canonical text, its id and a signature that hold', async () => {
    using at = aStore()
    const draft = aDraft({ body: { b: 1, a: [1e21, 'é\u2028'] }, judged_by: 'ab'.repeat(32) })
    const { record } = await at.store.append(draft)
    const read = at.reopen().record(record.id)
    expect(read).toEqual(record)
    expect(await recordId(record.raw)).toBe(record.id)
    const claim = JSON.parse(syncJson(record)) as Parameters<typeof verifyRecord>[0]
    expect(await verifyRecord(claim)).toMatchObject({ kind: 'verified', preimage: record.raw })
    expect(JSON.parse(flatJson(record))).toEqual({
      object: 'record',
      id: record.id,
      ...(claim.record as object),
      origin: at.origin.did,
      sig: claim.sig,
    })
  })

  it('hashes as the protocol does', async () => {
    const record = parseRecord({ ...aDraft(), clock: 3 })
    const { id, preimage } = sealRecord(record)
    expect(id).toBe(await recordId(preimage))
  })

  it('of the very same record by many at once creates it once', async () => {
    using at = aStore()
    const appends = Array.from({ length: 50 }, () => at.store.append(aDraft({ clock: 7 })))
    expect(tally(await Promise.allSettled(appends))).toEqual({
      created: 1,
      repeated: 49,
      refused: 0,
    })
    expect(at.store.head()).toBe(1)
  })

  it('of different records with one clock takes one and refuses the others', async () => {
    using at = aStore()
    const appends = Array.from({ length: 20 }, (_, n) =>
      at.store.append(aDraft({ clock: 0, body: { n } })),
    )
    const results = await Promise.allSettled(appends)
    expect(tally(results)).toEqual({ created: 1, repeated: 0, refused: 19 })
    for (const result of results.slice(1)) {
      expect(result).toMatchObject({ reason: { code: 'CLOCK_CONFLICT' } })
    }
  })

  it('without a clock never collides, even if others write', async () => {
    using at = aStore()
    const actors = ['did:sync:user:ada', 'did:sync:user:bob']
    const appends = Array.from({ length: 300 }, (_, n) =>
      at.store.append(aDraft({ actor: actors[n % 2] ?? '', body: { n } })),
    )
    const clocks = (await Promise.all(appends)).map(
      ({ record }) => (JSON.parse(record.raw) as { clock: number }).clock,
    )
    expect(clocks).toEqual(Array.from({ length: 300 }, (_, n) => Math.floor(n / 2)))
  })

  it('refuses when the last clock is taken', async () => {
    using at = aStore()
    await at.store.append(aDraft({ clock: Number.MAX_SAFE_INTEGER }))
    await expect(at.store.append(aDraft())).rejects.toMatchObject({ code: 'INVALID_RECORD' })
  })
})

describe('one transaction for many', () => {
  it('a refused append fails neither the others nor the gapless order', async () => {
    using at = aStore()
    const clocks = [0, 1, 0, 2, 1, 3]
    const results = await Promise.allSettled(
      clocks.map((clock, n) => at.store.append(aDraft({ clock, body: { n } }))),
    )
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    const { records } = at.store.page({}, 0, at.store.head(), 500)
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(at.store.thread('th_test')).toMatchObject({ records: 4, first_seq: 1, last_seq: 4 })
  })

  it('is shared by the appends of one turn, at most 500, and answers after the commit', async () => {
    using at = aStore()
    const commits: number[] = []
    at.store.commits.add((records) => commits.push(records.length))
    const other = new Database(at.path, { readonly: true })
    const count = other.prepare('SELECT count(*) FROM records').pluck()
    const seen: unknown[] = []
    const appends = Array.from({ length: 1_200 }, () =>
      at.store.append(aDraft()).then(({ record }) => seen.push([record.seq, count.get()])),
    )
    expect(count.get()).toBe(0)
    await Promise.all(appends)
    other.close()
    expect(commits).toEqual([500, 500, 200])
    // Another connection sees a record, and its whole transaction, before its writer is answered.
    expect(seen.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, n) => [n + 1, 500]))
  })

  it('that SQLite refuses part-way is undone, and each append gets its own', async () => {
    using at = aStore()
    const other = new Database(at.path)
    other.exec(`CREATE TRIGGER refuse BEFORE INSERT ON threads WHEN new.thread = 'th_cursed'
                BEGIN SELECT raise(ABORT, 'cursed'); END`)
    other.close()
    const threads = ['th_a', 'th_cursed', 'th_b']
    const results = await Promise.allSettled(
      threads.map((thread) => at.store.append(aDraft({ thread }))),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const { records } = at.store.page({}, 0, at.store.head(), 10)
    expect(records.map(({ seq, thread }) => [seq, thread])).toEqual([
      [1, 'th_a'],
      [2, 'th_b'],
    ])
  })

  it('that throws leaves nothing, and runs no effect', async () => {
    using at = aStore()
    const effects: string[] = []
    await expect(
      at.store.transact((tx) => {
        tx.append(aDraft())
        tx.onCommit(() => effects.push('ran'))
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    expect([at.store.head(), effects]).toEqual([0, []])
    await at.store.transact((tx) => {
      tx.append(aDraft())
      tx.onCommit(() => effects.push(`ran at ${at.store.head()}`))
    })
    expect(effects).toEqual(['ran at 1'])
  })

  it('is not to be had from a reader', () => {
    using at = aStore()
    const reader: StoreReader = at.store
    // @ts-expect-error a reader has no way to write
    expect(() => reader.appendNothing()).toThrow(TypeError)
  })
})

describe('a store that is full', () => {
  it('says so, stops taking records and goes on reading', async () => {
    using at = aStore({ maxBytes: 660_000 })
    const kept: string[] = []
    const text = 'x'.repeat(20_000)
    const refusals: unknown[] = []
    for (let n = 0; n < 100 && refusals.length === 0; n += 1) {
      await at.store.append(aDraft({ body: { text, n } })).then(
        ({ record }) => kept.push(record.id),
        (error: unknown) => refusals.push(error),
      )
    }
    const [refusal] = refusals
    expect(kept.length).toBeGreaterThan(5)
    expect(refusal).toBeInstanceOf(ProblemError)
    expect(refusal).toMatchObject({ code: 'STORE_FULL', detail: { try: expect.any(String) } })
    // Small enough to fit, but a moment passes before it is tried again.
    await expect(at.store.append(aDraft())).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(at.store.trouble()).toMatchObject({
      code: 'STORE_FULL',
      stopsWrites: true,
      // Its owner alone is told where.
      message: expect.not.stringContaining(at.path),
      owner: {
        message: expect.stringMatching(
          /^The store in \/.* cannot grow: .*; [\d.]+ [GT]iB are free$/u,
        ),
      },
    })
    expect(kept.every((id) => at.store.record(id) !== undefined)).toBe(true)
    const again = at.reopen()
    expect(again.head()).toBe(kept.length)
    expect(again.trouble()).toBeUndefined()
  })

  it.runIf(process.platform === 'linux')(
    'by an error of the disk itself loses nothing that it acknowledged',
    async () => {
      using home = aHome()
      const path = join(home.path, 'hub.db')
      // A file-size limit makes the kernel refuse real writes, in the middle of a transaction.
      const script = fileURLToPath(new URL('./fill-store.ts', import.meta.url))
      const child = spawn('bash', [
        '-c',
        'ulimit -f 1500; exec "$0" "$@"',
        process.execPath,
        script,
        path,
      ])
      let output = ''
      child.stdout.on('data', (text: Buffer) => (output += text.toString()))
      await new Promise((resolve) => child.once('close', resolve))
      const lines = output.trim().split('\n')
      const outcome = lines.pop()
      expect(outcome).toMatch(/^(STORE_(?:FULL|FAILED)) \1 SQLITE_(?:IOERR|FULL)/)
      expect(lines.length).toBeGreaterThan(5)
      const store = openStore({ path, origin: anOrigin() })
      expect(lines.every((id) => store.record(id) !== undefined)).toBe(true)
      store.close()
    },
  )
})

describe('the file', () => {
  it('has the settings that durability and safety need', () => {
    using home = aHome()
    const database = openConnection(join(home.path, 'hub.db'))
    const pragma = (name: string) => database.pragma(name, { simple: true })
    // 2 is FULL: an acknowledged record survives a power cut.
    expect(pragma('synchronous')).toBe(2)
    expect([pragma('fullfsync'), pragma('checkpoint_fullfsync')]).toEqual([1, 1])
    expect([pragma('trusted_schema'), pragma('foreign_keys')]).toEqual([0, 1])
    // Zero: a wait for a lock would be one of the whole daemon.
    expect([pragma('busy_timeout'), pragma('cache_size')]).toEqual([0, -65_536])
    expect([pragma('wal_autocheckpoint'), pragma('journal_size_limit')]).toEqual([4_000, 2 ** 26])
    expect(pragma('application_id')).toBe(0x53504c31)
    expect(pragma('page_size')).toBe(8192)
    expect(pragma('journal_mode')).toBe('wal')
    expect(pragma('user_version')).toBe(MIGRATIONS.length)
    const tables = database.pragma('table_list') as { name: string; strict: number }[]
    for (const { name, strict } of tables.filter((table) => !table.name.startsWith('sqlite_'))) {
      expect([name, strict]).toEqual([name, 1])
    }
    database.close()
  })

  // A store in use has run these steps: a changed step never runs there. Add a step, and its hash here.
  it('has steps of its schema that are never edited', () => {
    const hashes = MIGRATIONS.map((step) => createHash('sha256').update(step).digest('hex'))
    expect(hashes.map((hash) => hash.slice(0, 16))).toEqual([
      '2330703432c01a05',
      '5d77ad77416ffbfa',
      '8a7df0d3f18323ce',
      '759acfb365d22e0e',
      '017d0efedf4710a8',
      '9aa3b3fb2b9ef852',
      '4c6bbdea54a8f6b8',
      'ad22c22331b647ea',
      '441f108cffd8415a',
      '5a02fc4bce503818',
    ])
  })

  it('keeps its epoch, and another store has another', () => {
    using at = aStore()
    using other = aStore()
    const { epoch } = at.store
    expect(epoch).toMatch(/^[0-9a-f]{16}$/)
    expect(at.reopen().epoch).toBe(epoch)
    expect(other.store.epoch).not.toBe(epoch)
  })

  it('of a newer spl is refused', () => {
    using at = aStore()
    at.store.close()
    const database = new Database(at.path)
    database.pragma(`user_version = ${MIGRATIONS.length + 1}`)
    database.close()
    expect(() => openStore({ path: at.path, origin: at.origin })).toThrow(
      expect.objectContaining({ code: 'STORE_TOO_NEW', try: expect.any(String) }),
    )
  })

  it('of another program is refused and left alone', () => {
    using home = aHome()
    const path = join(home.path, 'hub.db')
    const foreign = new Database(path)
    foreign.exec('CREATE TABLE notes (text TEXT)')
    foreign.close()
    expect(() => openStore({ path, origin: anOrigin() })).toThrow(
      expect.objectContaining({ code: 'STORE_FOREIGN' }),
    )
    writeFileSync(path, 'not a database at all, but long enough to be read as one'.repeat(20))
    expect(() => openStore({ path, origin: anOrigin() })).toThrow(
      expect.objectContaining({ code: 'STORE_UNREADABLE' }),
    )
  })

  it.each([
    [[3, 51, 3], true],
    [[3, 51, 2], false],
    [[3, 52], true],
    [[3, 9, 9], false],
    [[4, 0, 0], true],
  ])('an SQLite %j may open it: %s', (version, may) => {
    expect(isAtLeast(version, [3, 51, 3])).toBe(may)
  })
})
