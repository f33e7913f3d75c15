import { join } from 'node:path'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import BetterSqlite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { ReadJob } from '../../../../local-daemon/store/read-pool/read-job.ts'
import { ReadPool } from '../../../../local-daemon/store/read-pool/read-pool.ts'
import { ReadThread } from '../../../../local-daemon/store/read-pool/read-thread.ts'
import { STORE_LIMITS } from '../../../../local-daemon/store/limits.ts'
import { EVERYTHING } from '../../../../local-daemon/store/sight.ts'
import { parseFilter } from '../../../../local-daemon/store/query/parse-filter.ts'
import { aDraft, aHome } from '../../../support/daemon/a-daemon.ts'
import { aStore } from '../../../support/daemon/a-store.ts'

const entry = (name: string) => new URL(`${name}.ts`, import.meta.url)
const open = new AbortController().signal

const ORDER = { by: 'arrival', descending: false, limit: 10, after: undefined } as const
const QUERY: ReadJob = {
  kind: 'query',
  query: { condition: parseFilter({}), sight: EVERYTHING, upTo: 1_000_000, ...ORDER },
}
const CLOCKS: ReadJob = {
  kind: 'clocks',
  clocks: { thread: 'th_tea', after: undefined, limit: 1 },
}

/** A file with the number of rows that SQLite counts in about so many milliseconds here. */
function countedIn(ms: number, path: string): void {
  const database = new BetterSqlite(path)
  try {
    const counted = (rows: number) => {
      const begun = performance.now()
      const sql = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ${rows}) SELECT count(*) FROM n`
      database.prepare(sql).get()
      return performance.now() - begun
    }
    const rows = Math.ceil((4_000_000 * ms) / counted(4_000_000))
    database.exec(`CREATE TABLE size (rows INTEGER); INSERT INTO size VALUES (${rows})`)
  } finally {
    database.close()
  }
}

describe('a place of the reads', () => {
  it('is taken as long as something runs there, also when nobody waits for it any more', async () => {
    using home = aHome()
    const path = join(home.path, 'long.db')
    countedIn(STORE_LIMITS.slowReadGraceMs + 1_500, path)
    const pool = new ReadPool({ path, epoch: '', entry: entry('long-step-worker') })
    try {
      const leaving = new AbortController()
      setTimeout(() => leaving.abort(), 300)
      const begun = performance.now()
      const left = pool.run(QUERY, { holder: 'one', signal: leaving.signal })
      await expect(left).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' })
      const told = performance.now() - begun
      // In a file that the first one still had, this fails.
      expect(await pool.run(CLOCKS, { holder: 'one', signal: open })).toBeUndefined()
      // Otherwise the first one was over before anybody could have met it.
      expect(performance.now() - begun).toBeGreaterThan(told + 300)
    } finally {
      pool.close()
    }
  })
})

describe('the time for a read', () => {
  it('is that of the read alone, and not of the start of its thread', async () => {
    using at = aStore()
    await at.store.append(aDraft({ body: { n: 3 } }))
    const thread = new ReadThread(() => {}, entry('late-worker'))
    try {
      const { path, store } = at
      const answer = await thread.run({ path, epoch: store.epoch, job: QUERY, ms: 200 }, open)
      expect(answer).toMatchObject({ kind: 'done', result: { hits: [expect.anything()] } })
    } finally {
      thread.end()
    }
  })

  it('does not end a read whose answer is there, however long the daemon was held up', async () => {
    using home = aHome()
    const path = join(home.path, 'long.db')
    countedIn(400, path)
    const thread = new ReadThread(() => {}, entry('long-step-worker'))
    try {
      const job = { path, epoch: '', ms: 50 }
      // Then the next one begins at once.
      await thread.run({ ...job, job: CLOCKS }, open)
      const answer = thread.run({ ...job, job: QUERY }, open)
      await sleep(150)
      // Here timers come before messages.
      await setImmediate()
      const until = performance.now() + job.ms + STORE_LIMITS.slowReadGraceMs + 300
      while (performance.now() < until);
      expect(await answer).toMatchObject({ kind: 'done' })
    } finally {
      thread.end()
    }
  })
})
