import { globSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { runSpl } from '../system/run-spl.ts'
import { aDraft } from './a-daemon.ts'
import { aKeptHome } from './a-kept-home.ts'

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
    const { code, stderr } = await runSpl(['verify'], { home: at.path })
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
    expect(globSync(`${log}.kept*`)).toEqual([])
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
    const { code, stderr } = await runSpl(['verify'], { home: at.path })
    expect([code, stderr]).toEqual([1, expect.stringContaining('STORE_DAMAGED')])
  })
})
