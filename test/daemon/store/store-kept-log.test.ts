import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../local-daemon/store/open-store.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aDraft, aHome } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { anOrigin } from '../../support/daemon/a-store.ts'

/** A home as a killed daemon leaves it: everything that was acknowledged is in the log. */
async function aKilledHome() {
  const at = aKeptHome()
  await at.start()
  for (let clock = 0; clock < 5; clock += 1) await at.daemon().store.append(aDraft({ clock }))
  const { database } = at.daemon().home
  const log = `${database}-wal`
  const [file, whole] = [readFileSync(database), readFileSync(log)]
  await at.daemon().stop()
  writeFileSync(database, file)
  writeFileSync(log, whole)
  return { at, database, log, whole }
}

describe('the log that a killed daemon leaves', () => {
  it('is left as it was by a check and by a start that is refused, beside a file of 0 bytes', async () => {
    const { at, database, log, whole } = await aKilledHome()
    await using _home = at
    truncateSync(database, 0)
    const { code, stderr } = await runHere(['verify'], { home: at.path })
    expect([code, stderr]).toEqual([1, expect.stringContaining('STORE_UNREADABLE')])
    expect(readFileSync(log).equals(whole)).toBe(true)
    await expect(at.start()).rejects.toMatchObject({ code: 'STORE_EMPTY' })
    expect(readFileSync(log).equals(whole)).toBe(true)
  })

  it('is left as it was by a start that is refused, where its beginning is damaged', async () => {
    const { at, log, whole } = await aKilledHome()
    await using _home = at
    const damaged = Buffer.from(whole)
    damaged.writeUInt8(damaged.readUInt8(9) ^ 255, 9)
    writeFileSync(log, damaged)
    await expect(at.start()).rejects.toMatchObject({ code: 'STORE_MIXED' })
    expect(readFileSync(log).equals(damaged)).toBe(true)
    // Put right it has everything.
    writeFileSync(log, whole)
    await at.start()
    expect(at.daemon().store.head()).toBeGreaterThanOrEqual(5)
    expect(globSync(`${log}.*`)).toEqual([])
  })

  it('is kept aside where a start goes on with less than there was', async () => {
    const { at, log, whole } = await aKilledHome()
    await using _home = at
    const cut = whole.subarray(0, whole.length - 100)
    writeFileSync(log, cut)
    await at.start()
    const { lineageBroken } = at.daemon().store
    const [saved = ''] = globSync(join(at.path, 'saved-*', 'hub.db-wal'))
    expect(lineageBroken).toContain(saved)
    expect(readFileSync(saved).equals(cut)).toBe(true)
  })
})

describe('a daemon that is killed again', { timeout: 30_000 }, () => {
  const SCRIPT = fileURLToPath(new URL('./die-at-step.ts', import.meta.url))
  const origin = { ...anOrigin(), did: 'did:key:zSame' }

  /** Whether it was killed, before its nth step. */
  function killedAt(path: string, work: 'open' | 'close', step: number): boolean {
    const run = spawnSync(process.execPath, [SCRIPT, path, work, String(step)], {
      encoding: 'utf8',
    })
    expect([run.signal, run.stdout]).toEqual(run.signal ? ['SIGKILL', ''] : [null, 'whole'])
    return run.signal !== null
  }

  /** The files of a store whose daemon was killed after some appends, by their ends. */
  async function filesOfKilled(path: string, count: number): Promise<readonly [string, Buffer][]> {
    const store = openStore({ path, origin, lineage: { path: `${path}.state`, isExpected: false } })
    for (let n = 0; n < count; n += 1) await store.append(aDraft({ body: { n } }))
    const files = ['', '-wal', '.state'].map((end): [string, Buffer] => [
      end,
      readFileSync(path + end),
    ])
    store.close()
    return files
  }

  function headOf(path: string): [head: number, broken: string | undefined] {
    const lineage = { path: `${path}.state`, isExpected: true }
    const store = openStore({ path, origin, lineage })
    const told: [number, string | undefined] = [store.head(), store.lineageBroken]
    store.close()
    return told
  }

  /** Puts files there, and nothing else. */
  function put(directory: string, path: string, files: readonly [string, Buffer][]): void {
    for (const name of globSync(`${directory}/*`)) rmSync(name, { recursive: true })
    for (const [end, bytes] of files) writeFileSync(path + end, bytes)
  }

  it('at any step of a start has lost nothing at the next one', async () => {
    using home = aHome()
    const path = join(home.path, 'hub.db')
    const files = await filesOfKilled(path, 5)
    let steps = 0
    for (let killed = true; killed; steps += 1) {
      put(home.path, path, files)
      killed = killedAt(path, 'open', steps)
      expect(headOf(path)).toEqual([5, undefined])
      expect(globSync(`${path}-*`)).toEqual([])
    }
    expect(steps).toBeGreaterThan(3)
  })

  it('at any step of a start that is refused leaves the log to the next one as it was', async () => {
    using home = aHome()
    const path = join(home.path, 'hub.db')
    const files = await filesOfKilled(path, 5)
    const log = Buffer.from(files[1]?.[1] ?? '')
    log.writeUInt8(log.readUInt8(9) ^ 255, 9)
    let steps = 0
    for (let killed = true; killed; steps += 1) {
      put(home.path, path, files)
      writeFileSync(`${path}-wal`, log)
      killed = killedAt(path, 'open', steps)
      expect(() => headOf(path)).toThrow(expect.objectContaining({ code: 'STORE_MIXED' }))
      expect(readFileSync(`${path}-wal`).equals(log)).toBe(true)
    }
    expect(steps).toBeGreaterThan(2)
  })

  it('at any step of the end of a lost store leaves alone what came in its place', async () => {
    using home = aHome()
    const path = join(home.path, 'hub.db')
    const other = await filesOfKilled(path, 7)
    put(home.path, path, [])
    const ours = await filesOfKilled(path, 3)
    let steps = 0
    for (let killed = true; killed; steps += 1) {
      put(home.path, path, [
        ...ours,
        ...other.map(([end, bytes]): [string, Buffer] => [`.other${end}`, bytes]),
      ])
      killed = killedAt(path, 'close', steps)
      for (const [end, bytes] of other.slice(0, 2)) {
        expect(readFileSync(path + end).equals(bytes)).toBe(true)
      }
      expect(headOf(path)).toEqual([7, expect.stringMatching(/^it is another store/)])
    }
    expect(steps).toBeGreaterThan(1)
  })
})

describe('a start over tables that were damaged', () => {
  it('makes no bearer where accounts are gone and their records are there', async () => {
    await using at = aKeptHome()
    await at.start()
    const { database } = at.daemon().home
    await at.daemon().stop()
    const store = new Database(database)
    store.exec('DELETE FROM tokens; DELETE FROM service_accounts')
    store.close()
    await expect(at.start()).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    const { code, stderr } = await runHere(['verify'], { home: at.path })
    expect([code, stderr]).toEqual([1, expect.stringContaining('STORE_DAMAGED')])
  })
})
