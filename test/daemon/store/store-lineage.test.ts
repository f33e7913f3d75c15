import {
  closeSync,
  copyFileSync,
  cpSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { lineageBreak } from '../../../local-daemon/store/lineage/judge-lineage.ts'
import { loadIdentity } from '../../../local-daemon/access/identity/identity.ts'
import { rotateIdentity } from '../../../local-daemon/access/identity/rotate-identity.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { LineageFile, readLineage } from '../../../local-daemon/store/lineage/lineage-file.ts'
import { openStore } from '../../../local-daemon/store/open-store.ts'
import { aDraft, aHome, overSocket } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>

/** Ten records, a copy, five more that a reader has seen up to `cursor`, and a stop. */
async function fifteenAndACopyOfTen(at: KeptHome): Promise<{ cursor: string; epoch: string }> {
  await at.start()
  await at.append(10)
  await at.stop()
  at.copyStore()
  await at.start()
  await at.append(5)
  const { epoch } = at.daemon().store
  const cursor = await at.cursor()
  await at.stop()
  return { cursor, epoch }
}

/** What the reader is told, page by page and as a stream. */
async function resumed(at: KeptHome, cursor: string): Promise<readonly string[]> {
  return [
    await at.told(`/v1/sync/changes?since=${cursor}`),
    await at.told(`/v1/sync/changes?since=${cursor}&feed=longpoll`),
    await at.told('/v1/sync/subscribe', { headers: { 'last-event-id': cursor } }),
  ]
}

const CHANGED = Array.from({ length: 3 }, () => '409 CURSOR_EPOCH_CHANGED')

describe('an older copy of the store, put back', () => {
  it('ends the cursors of what came after it, even if much is appended then', async () => {
    await using at = aKeptHome()
    const { cursor, epoch } = await fifteenAndACopyOfTen(at)
    at.putStoreBack()
    await at.start()
    await at.append(8, 'other')
    expect(await resumed(at, cursor)).toEqual(CHANGED)
    expect(at.daemon().store.epoch).not.toBe(epoch)
  })

  it('is told to the owner: at the start, and by /health on the socket', async () => {
    await using at = aKeptHome()
    await fifteenAndACopyOfTen(at)
    at.putStoreBack()
    const daemon = await at.start()
    const broken = daemon.store.lineageBroken
    expect(broken).toMatch(
      /^it is an older copy: it had 17 records on 20.*, and has 12 records now$/,
    )
    const health = await overSocket(daemon.addresses.socket, '/health')
    expect(JSON.parse(health.text)).toMatchObject({ store: { lineage_broken: broken } })
    expect(daemon.adminBearer).toBeUndefined()
    // Once: the next start goes on from here.
    const { epoch } = daemon.store
    await at.stop()
    await at.start()
    expect([at.daemon().store.epoch, at.daemon().store.lineageBroken]).toEqual([epoch, undefined])
  })

  it('that was written to elsewhere meanwhile is noticed by the record that is another one', async () => {
    await using at = aKeptHome()
    const { cursor } = await fifteenAndACopyOfTen(at)
    at.putStoreBack()
    // As by a daemon that knows nothing of the file beside the store.
    const elsewhere = openStore({ path: at.database, origin: loadIdentity(homeAt(at.path)) })
    for (let n = 0; n < 8; n += 1) await elsewhere.append(aDraft({ thread: 'th_other' }))
    elsewhere.close()
    await at.start()
    expect(at.daemon().store.lineageBroken).toMatch(
      /^it is an older copy that was written to since: it had 17 records .*, and record 17 is another/,
    )
    expect(await resumed(at, cursor)).toEqual(CHANGED)
  })

  it('is noticed by its readers when the whole home was put back, with all that remembers it', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(10)
    await at.stop()
    at.copyHome()
    await at.start()
    await at.append(5)
    const cursor = await at.cursor()
    await at.stop()
    at.putHomeBack()
    await at.start()
    expect(at.daemon().store.lineageBroken).toBeUndefined()
    expect(await resumed(at, cursor)).toEqual(CHANGED.map(() => '409 CURSOR_FUTURE'))
    await at.append(8, 'other')
    expect(await resumed(at, cursor)).toEqual(CHANGED)
  })

  it.each([
    ['is gone', (path: string) => rmSync(path)],
    ['is damaged', (path: string) => writeFileSync(path, 'x'.repeat(1024))],
    ['is cut short', (path: string) => truncateSync(path, 100)],
  ])('counts as possible where what remembers it %s', async (_what, harm) => {
    await using at = aKeptHome()
    const { cursor } = await fifteenAndACopyOfTen(at)
    harm(join(at.path, 'store.state'))
    await at.start()
    expect(await resumed(at, cursor)).toEqual(CHANGED)
  })
})

it('an untouched store keeps its cursors over restarts', async () => {
  await using at = aKeptHome()
  const { cursor, epoch } = await fifteenAndACopyOfTen(at)
  await at.start()
  await at.append(2)
  const answer = await at.ask(`/v1/sync/changes?since=${cursor}`)
  expect(((await answer.json()) as { records: unknown[] }).records).toHaveLength(2)
  expect(at.daemon().store.epoch).toBe(epoch)
})

describe('the key of a home with a store', () => {
  it('is refused where it is that of another home, and nothing is written', async () => {
    await using at = aKeptHome()
    await using other = aKeptHome()
    await other.start()
    await other.stop()
    await at.start()
    await at.append(3)
    await at.stop()
    const key = (of: { path: string }) => join(of.path, 'keys', 'instance.key')
    const right = readFileSync(key(at))
    const files = () => ['hub.db', 'store.state'].map((name) => readFileSync(join(at.path, name)))
    const before = files()
    writeFileSync(key(at), readFileSync(key(other)))
    for (let times = 0; times < 2; times += 1) {
      await expect(at.start()).rejects.toMatchObject({
        code: 'IDENTITY_MISMATCH',
        try: expect.stringContaining('keys/'),
      })
    }
    await expect(rotateIdentity(homeAt(at.path), false)).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
    })
    expect(files()).toEqual(before)
    writeFileSync(key(at), right)
    await at.start()
    expect([at.daemon().store.head(), at.daemon().store.lineageBroken]).toEqual([5, undefined])
  })

  it('is read from the store itself, not from what the home remembers of another one', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    await at.stop()
    // A new machine: a home that was started once, and then gets the backup of another one, first without its keys.
    await using fresh = aKeptHome()
    await fresh.start()
    await fresh.stop()
    copyFileSync(join(at.path, 'hub.db'), join(fresh.path, 'hub.db'))
    await expect(fresh.start()).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
      message: expect.stringContaining(loadIdentity(homeAt(at.path)).did),
      try: expect.stringContaining('keys/'),
    })
    cpSync(join(at.path, 'keys'), join(fresh.path, 'keys'), { recursive: true })
    await fresh.start()
    expect(fresh.daemon().store.head()).toBe(5)
    await fresh.stop()
    // Damage is not another identity.
    const database = new Database(join(fresh.path, 'hub.db'))
    database.exec(`INSERT INTO names (name) VALUES ('did:key:z6MkDamaged');
      UPDATE records SET origin = last_insert_rowid() WHERE seq = 5`)
    database.close()
    await fresh.start()
  })

  it('is its own in a copy of the home, after another identity was made, and in a restored backup', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    await at.stop()
    at.copyHome()
    await rotateIdentity(homeAt(at.path), false)
    await at.start()
    await at.stop()
    // The backup: the key from before, with the state from before.
    at.putHomeBack()
    await at.start()
    await at.stop()
    // A store and its keys alone, as a backup may have them.
    rmSync(join(at.path, 'store.state'))
    await at.start()
    expect(at.daemon().store.head()).toBe(5)
  })
})

describe('what remembers a store', () => {
  const mark = (seq: number) => ({ epoch: 'e'.repeat(16), seq, id: `${seq}`.repeat(64), at: seq })

  it('keeps the mark before, if a power cut spoils the last one', () => {
    using home = aHome()
    const path = join(home.path, 'store.state')
    const file = new LineageFile(path)
    for (let seq = 1; seq <= 5; seq += 1) file.note(mark(seq))
    file.close()
    expect(readLineage(path)).toMatchObject(mark(5))
    for (const [slot, left] of [
      [1, 4],
      [0, 5],
    ] as const) {
      using other = aHome()
      const torn = join(other.path, 'store.state')
      const again = new LineageFile(torn)
      for (let seq = 1; seq <= 5; seq += 1) again.note(mark(seq))
      again.close()
      tear(torn, slot)
      expect(readLineage(torn)).toMatchObject(mark(left))
    }
  })

  it.each([
    ['nothing, of a store with records', undefined, 3, true],
    ['nothing, of an empty store', undefined, 0, false],
    ['the very store', mark(3), 3, false],
    ['a store that has gone on', mark(3), 9, false],
    ['a store that is behind', mark(3), 2, true],
    ['another epoch', { ...mark(3), epoch: 'f'.repeat(16) }, 3, true],
    ['another record there', { ...mark(3), id: 'x' }, 9, true],
    ['that there was none yet', { ...mark(0), epoch: '' }, 0, false],
    ['that there was none yet, of one with records', { ...mark(0), epoch: '' }, 3, true],
  ])('%s', (_what, remembered, head, isBroken) => {
    const idStartAt = (seq: number) => (seq <= head ? mark(seq).id : undefined)
    const broken = lineageBreak(remembered, { epoch: 'e'.repeat(16), head, idStartAt })
    expect(broken !== undefined).toBe(isBroken)
  })
})

/** Spoils half of a slot, as a write that did not end. */
function tear(path: string, slot: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, 'x'.repeat(60), slot * 512 + 40)
  closeSync(file)
}
