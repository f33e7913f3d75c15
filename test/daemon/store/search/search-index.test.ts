import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../../support/until.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { aStore, type TestStore } from '../../../support/daemon/a-store.ts'
import { indexed, searchStore, seqsOf } from './search-a-store.ts'

let at: TestStore
let file: string

beforeEach(async () => {
  at = aStore()
  file = join(dirname(at.path), 'hub.search.db')
  for (let n = 1; n <= 20; n += 1) await at.store.append(aDraft({ body: { text: `tea ${n} 茶` } }))
  await indexed(at.store)
})
afterEach(async () => {
  await at.store.searchIndex.close()
  at[Symbol.dispose]()
})

async function closed(): Promise<void> {
  await at.store.searchIndex.close()
  at.store.close()
}

/** Opens the store again, and tells what a search gives once all is indexed. */
async function again(q = 'tea'): Promise<number> {
  await indexed(at.reopen())
  const found = await searchStore(at.store, q)
  expect(found).toMatchObject({ behind: 0, complete: true })
  return found.hits.length
}

function inIndex<Result>(work: (index: Database.Database) => Result): Result {
  const index = new Database(file)
  try {
    return work(index)
  } finally {
    index.close()
  }
}

describe('the file of the index', () => {
  it('is the owner’s alone, beside the store, under a name that is not copied with it', () => {
    for (const name of readdirSync(dirname(at.path)).filter((one) => one.includes('search'))) {
      expect(statSync(join(dirname(at.path), name)).mode & 0o777).toBe(0o600)
      expect(name.startsWith('hub.db')).toBe(false)
    }
    expect(at.store.searchIndex.status).toMatchObject({ state: 'ready', behind: 0, problem: null })
    expect(at.store.searchIndex.status.bytes).toBeGreaterThan(4_096)
  })

  it('is not made anew at a start', async () => {
    await closed()
    const { ino } = statSync(file)
    expect(await again()).toBe(20)
    expect(statSync(file).ino).toBe(ino)
  })

  const BROKEN: readonly (readonly [string, () => void])[] = [
    ['missing', () => rmSync(file)],
    ['empty', () => writeFileSync(file, '')],
    ['no database', () => writeFileSync(file, 'x'.repeat(20_000))],
    [
      'damaged',
      () => {
        const bytes = readFileSync(file)
        writeFileSync(file, bytes.fill(0x5a, 8_192))
      },
    ],
    ['of another version', () => inIndex((index) => index.pragma('user_version = 99'))],
    [
      'without its state',
      () => inIndex((index) => index.exec('DELETE FROM state; PRAGMA wal_checkpoint(TRUNCATE)')),
    ],
    [
      'of another epoch',
      () => inIndex((index) => index.exec("UPDATE state SET epoch = '0123456789abcdef'")),
    ],
    [
      'of a store that went on differently',
      () => inIndex((index) => index.exec("UPDATE state SET id_start = x'0102030405060708'")),
    ],
    [
      'ahead of the store',
      () => inIndex((index) => index.exec('UPDATE state SET indexed_seq = 99')),
    ],
    [
      'without a redaction',
      () => inIndex((index) => index.exec('UPDATE state SET redactions = 3')),
    ],
  ]

  it.each(BROKEN)('is made anew if it is %s', async (_what, breakIt) => {
    await closed()
    breakIt()
    expect(await again()).toBe(20)
    expect(await seqsOf(at.store, '茶')).toHaveLength(20)
    expect(await seqsOf(at.store, 'coffee')).toHaveLength(0)
    inIndex((index) => {
      index.exec("INSERT INTO words (words) VALUES ('integrity-check')")
      expect(index.prepare('SELECT indexed_seq FROM state').pluck().get()).toBe(20)
    })
  })

  it('puts a database of another program aside', async () => {
    await closed()
    rmSync(file)
    inIndex((index) => index.exec('CREATE TABLE theirs (a); INSERT INTO theirs VALUES (7)'))
    expect(await again()).toBe(20)
    const aside = new Database(`${file}.aside`, { readonly: true })
    expect(aside.prepare('SELECT a FROM theirs').pluck().get()).toBe(7)
    aside.close()
  })

  it('is made anew when it is removed, also while it is used', async () => {
    at.store.searchIndex.remove()
    expect((await seqsOf(at.store, 'tea')).length).toBe(20)
    await indexed(at.store)
    await until('it is there', () => existsSync(file))
    expect((await searchStore(at.store, 'tea')).behind).toBe(0)
  })

  it('goes when search is turned off, and comes back', async () => {
    at.store.searchIndex.isEnabled = false
    await until('it is gone', () => !existsSync(file))
    expect(at.store.searchIndex.status).toMatchObject({ state: 'off', bytes: 0 })
    await indexed(at.store)
    expect(existsSync(file)).toBe(true)
    expect((await seqsOf(at.store, 'tea')).length).toBe(20)
  })
})

describe('a redaction leaves nothing in the index', () => {
  const CANARY = 'ꙮ҈ꙭ'
  let id: string

  beforeEach(async () => {
    const { record } = await at.store.append(
      aDraft({ body: { text: `see ${CANARY}zq7password`, keep: 'x' } }),
    )
    id = record.id
    for (let n = 0; n < 5; n += 1) await at.store.append(aDraft({ body: { text: `tea ${n}` } }))
    await indexed(at.store)
  })

  const note = () =>
    aDraft({ thread: 'th_audit_redactions', act: 'LEARN', body: { record_id: id } })

  /** Terms of the canary that the index has, and files that have one of them. */
  function left(): readonly string[] {
    const terms = existsSync(file)
      ? inIndex((index) =>
          index
            .prepare("SELECT term FROM terms WHERE term GLOB '*ꙮ*' OR term GLOB '*q7*'")
            .pluck()
            .all(),
        )
      : []
    const files = readdirSync(dirname(at.path)).filter((name) => {
      const bytes = readFileSync(join(dirname(at.path), name))
      return ['ꙮ', 'q7p'].some((text) => bytes.includes(Buffer.from(text)))
    })
    return [...(terms as string[]), ...files]
  }

  it('which had it before', async () => {
    await closed()
    expect(left().length).toBeGreaterThan(5)
    at.reopen()
    await indexed(at.store)
    expect(await at.store.redact(id, note)).toMatchObject({ created: true, erased: true })
    expect(await seqsOf(at.store, CANARY)).toEqual([])
    expect(await seqsOf(at.store, 'tea')).toHaveLength(25)
    await closed()
    expect(left()).toEqual([])
    expect(await again()).toBe(25)
    inIndex((index) => index.exec("INSERT INTO words (words) VALUES ('integrity-check')"))
  })

  it('while others are indexed and looked for', async () => {
    const writes = Array.from({ length: 300 }, (_, n) =>
      at.store.append(aDraft({ body: { text: `late ${n}` } })),
    )
    const looking = Promise.all(Array.from({ length: 6 }, () => searchStore(at.store, 'tea')))
    const { created } = await at.store.redact(id, note)
    expect(created).toBe(true)
    await Promise.all([...writes, looking])
    await until('nothing is pending', async () => (await at.store.redact(id, note)).erased)
    await indexed(at.store)
    expect(await seqsOf(at.store, 'late')).toHaveLength(300)
    await closed()
    expect(left()).toEqual([])
  })

  it('whose file of before is put back', async () => {
    await closed()
    const kept = mkdtempSync(join(dirname(at.path), 'kept-'))
    copyFileSync(file, join(kept, 'index'))
    await indexed(at.reopen())
    await at.store.redact(id, note)
    await closed()
    copyFileSync(join(kept, 'index'), file)
    rmSync(kept, { recursive: true })
    expect(left().length).toBeGreaterThan(3)
    expect(await again()).toBe(25)
    await closed()
    expect(left()).toEqual([])
  })

  it('whose daemon is killed in between: the next start makes it anew', async () => {
    await closed()
    copyFileSync(file, `${at.path}.index`)
    await indexed(at.reopen())
    await at.store.redact(id, note)
    await closed()
    copyFileSync(`${at.path}.index`, file)
    rmSync(`${at.path}.index`)
    const store = new Database(at.path)
    store.exec('UPDATE redactions SET erased_at = NULL')
    store.close()
    at.reopen()
    // Before the setting is known, and before anything is indexed.
    expect(existsSync(file)).toBe(false)
    expect(left()).toEqual([])
    await indexed(at.store)
    expect(await seqsOf(at.store, CANARY)).toEqual([])
  })

  it('also if it was off meanwhile', async () => {
    at.store.searchIndex.isEnabled = false
    expect(await at.store.redact(id, note)).toMatchObject({ erased: true })
    await indexed(at.store)
    await closed()
    expect(left()).toEqual([])
  })
})
