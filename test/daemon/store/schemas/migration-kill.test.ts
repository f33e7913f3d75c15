import { spawn } from 'node:child_process'
import { copyFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { MIGRATIONS } from '../../../../local-daemon/store/file/migrations.ts'
import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../../support/daemon/a-store.ts'
import { WIDE_SCHEMA, writeWideStore } from '../../../support/daemon/a-wide-store.ts'

const OPENER = fileURLToPath(new URL('./open-and-say.ts', import.meta.url))
const RECORDS = 30_000
const ROUNDS = 14

/** Opens a store in a process of its own, killed some milliseconds after it began. Returns how long it took until its end. */
async function openKilled(path: string, killAfter: number): Promise<number> {
  const child = spawn(process.execPath, [OPENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let began = 0
  let said = ''
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      if (began === 0) {
        began = performance.now()
        if (killAfter !== Infinity) setTimeout(() => child.kill('SIGKILL'), killAfter)
      }
      said += text.toString()
    })
    child.once('close', () => resolve())
  })
  expect(said).toMatch(/^begins\n/)
  return performance.now() - began
}

function schemaOf(path: string): number {
  const database = new Database(path)
  try {
    expect(database.pragma('quick_check', { simple: true })).toBe('ok')
    return Number(database.pragma('user_version', { simple: true }))
  } finally {
    database.close()
  }
}

it(
  'a store is whole wherever the step to compact records was killed, and the next start ends it',
  { timeout: 120_000 },
  async () => {
    using home = aHome()
    const wide = join(home.path, 'wide.db')
    const ids = writeWideStore(wide, RECORDS)
    const path = join(home.path, 'hub.db')
    copyFileSync(wide, path)
    const whole = await openKilled(path, Infinity)
    const found: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
      copyFileSync(wide, path)
      await openKilled(path, (whole * (round + 0.5)) / ROUNDS)
      // A process that knows nothing of steps reads it: what was half done is undone.
      found.push(schemaOf(path))
      const store = openStore({ path, origin: anOrigin() })
      expect(store.head()).toBe(RECORDS)
      for (let n = 0; n < RECORDS; n += 997) {
        const record = store.record(ids[n] ?? '')
        expect(record).toMatchObject({
          seq: n + 1,
          thread: `th_${n % 100}`,
          origin: 'did:key:zSame',
        })
      }
      expect(store.page({ thread: 'th_7' }, 0, store.head(), 500).records[1]?.seq).toBe(108)
      expect(store.trouble()).toBeUndefined()
      store.close()
      expect(schemaOf(path)).toBe(MIGRATIONS.length)
      // The room of the wide rows is given back, whatever was killed.
      expect(statSync(path).size).toBeLessThan(statSync(wide).size * 0.8)
    }
    expect(found.filter((schema) => schema === WIDE_SCHEMA).length).toBeGreaterThan(0)
  },
)
