import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreMetrics } from '../../../../local-daemon/store/store-metrics.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { aStore, type TestStore } from '../../../support/daemon/a-store.ts'
import { until } from '../../../support/until.ts'
import { indexed, searchStore } from './search-a-store.ts'

const COUNT = 20
let at: TestStore
let file: string

beforeEach(async () => {
  at = aStore()
  file = join(dirname(at.path), 'hub.search.db')
  for (let n = 1; n <= COUNT; n += 1) await at.store.append(aDraft({ body: { text: `tea ${n}` } }))
  await indexed(at.store)
})
afterEach(async () => {
  await at.store.searchIndex.close()
  at[Symbol.dispose]()
})

function removeAll(): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
}

const REPLACED: readonly (readonly [string, () => void])[] = [
  ['deleted', () => rmSync(file)],
  ['deleted with its log', removeAll],
  ['emptied', () => writeFileSync(file, '')],
  ['overwritten', () => writeFileSync(file, 'x'.repeat(300_000))],
  [
    'replaced by a directory',
    () => {
      removeAll()
      mkdirSync(file)
      writeFileSync(join(file, 'theirs'), 'x')
    },
  ],
  [
    'replaced by a database of another program',
    () => {
      removeAll()
      const theirs = new Database(file)
      theirs.exec('CREATE TABLE theirs (a)')
      theirs.close()
    },
  ],
]

it.each([
  ['the store itself', () => at.path],
  ['a directory', () => dirname(at.path)],
  ['nothing', () => join(dirname(at.path), 'gone')],
])('a link to %s in its place is taken away, and what it led to is left', async (_what, target) => {
  const before = existsSync(target()) && statSync(target()).ino
  removeAll()
  symlinkSync(target(), file)
  expect(at.store.searchIndex.status.state).toBe('behind')
  await isMadeAnew()
  expect(existsSync(target()) && statSync(target()).ino).toBe(before)
  expect(readdirSync(dirname(file)).filter((name) => name.includes('.aside'))).toEqual([])
  expect(lstatSync(file).isFile()).toBe(true)
})

function behindMetric(): number | undefined {
  const families = new StoreMetrics(at.store).families()
  return families.find(({ name }) => name === 'spl_search_index_behind')?.samples[0]?.value
}

async function isMadeAnew(count = COUNT): Promise<void> {
  const { searchIndex } = at.store
  await until('it is made anew', () => searchIndex.status.state === 'ready')
  expect(searchIndex.status).toMatchObject({ behind: 0, problem: null })
  expect(searchIndex.status.bytes).toBeGreaterThan(4_096)
  const found = await searchStore(at.store, 'tea')
  expect(found).toMatchObject({ behind: 0, complete: true, indexedTo: count })
  expect(found.hits).toHaveLength(count)
  const index = new Database(file, { readonly: true })
  expect(index.prepare('SELECT indexed_seq FROM state').pluck().get()).toBe(count)
  index.close()
}

describe.each(REPLACED)('the index that is %s while the store is open', (_what, breakIt) => {
  it('is told as behind, and made anew when its state is asked for', async () => {
    breakIt()
    expect(at.store.searchIndex.status).toMatchObject({ state: 'behind', behind: COUNT })
    expect(behindMetric()).toBe(COUNT)
    await isMadeAnew()
  })

  it('is made anew when somebody searches', async () => {
    breakIt()
    const found = await searchStore(at.store, 'tea')
    expect(found).toMatchObject({ behind: COUNT, complete: true, indexedTo: 0 })
    expect(found.hits).toHaveLength(COUNT)
    await isMadeAnew()
  })

  it('is made anew when a record is written', async () => {
    breakIt()
    await at.store.append(aDraft({ body: { text: 'tea again' } }))
    await until('all is in the file', () => isWhole(COUNT + 1))
    await isMadeAnew(COUNT + 1)
  })
})

/** Read without asking the store. */
function isWhole(count: number): boolean {
  let index: Database.Database | undefined
  try {
    index = new Database(file, { readonly: true, fileMustExist: true })
    return index.prepare('SELECT indexed_seq FROM state').pluck().get() === count
  } catch {
    return false
  } finally {
    index?.close()
  }
}

describe('the index', () => {
  it('that is damaged behind its header is made anew after a search', async () => {
    await at.store.searchIndex.close()
    at.store.close()
    at.reopen()
    await indexed(at.store)
    const { made } = at.store.searchIndex.view()
    writeFileSync(file, readFileSync(file).fill(0x5a, 100), { flag: 'r+' })
    expect((await searchStore(at.store, 'tea')).hits).toHaveLength(COUNT)
    await until('it is made anew', () => at.store.searchIndex.view().made > made)
    await isMadeAnew()
  })

  it('puts what was in its place aside', async () => {
    removeAll()
    mkdirSync(file)
    writeFileSync(join(file, 'theirs'), 'x')
    expect(at.store.searchIndex.status.state).toBe('behind')
    await isMadeAnew()
    expect(readFileSync(join(`${file}.aside`, 'theirs'), 'utf8')).toBe('x')
  })

  it('that is about to be made anew is told as behind at once', () => {
    at.store.searchIndex.remove()
    expect(at.store.searchIndex.status).toMatchObject({ state: 'behind', behind: COUNT })
  })

  it('is not made anew while nobody touches it', async () => {
    const { made } = at.store.searchIndex.view()
    for (let n = 0; n < 5; n += 1) {
      await at.store.append(aDraft({ body: { text: `tea ${n}` } }))
      await searchStore(at.store, 'tea')
      await until('it is ready', () => at.store.searchIndex.status.state === 'ready')
    }
    expect(at.store.searchIndex.view().made).toBe(made)
  })

  it('that cannot be made anew says why', async () => {
    rmSync(`${file}-journal`, { force: true })
    mkdirSync(`${file}-journal`)
    const status = await at.store.searchIndex.rebuild()
    expect(status.state).toBe('failing')
    expect(status.problem).toContain('directory')
    rmSync(`${file}-journal`, { recursive: true })
    expect(await at.store.searchIndex.rebuild()).toMatchObject({ state: 'behind', behind: COUNT })
    await isMadeAnew()
    expect(existsSync(file)).toBe(true)
  })

  it('that was replaced by its copy is cleared of what is redacted', async () => {
    const word = 'ꙮzq7password'
    const { record } = await at.store.append(aDraft({ body: { text: `see ${word}` } }))
    await until('it is ready', () => at.store.searchIndex.status.state === 'ready')
    const names = ['', '-wal', '-shm'].map((end) => `${file}${end}`)
    const copies = names.map((name) => readFileSync(name))
    removeAll()
    for (const [n, bytes] of copies.entries()) writeFileSync(names[n] ?? '', bytes)
    const note = aDraft({
      thread: 'th_audit_redactions',
      act: 'LEARN',
      body: { record_id: record.id },
    })
    expect(await at.store.redact(record.id, () => note)).toMatchObject({ erased: true })
    for (const name of names.filter((one) => existsSync(one))) {
      expect(readFileSync(name).includes('ꙮ')).toBe(false)
    }
  })
})
