import Database from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../gateway/until.ts'
import type { Arena } from './arena.ts'
import { ask } from './ask.ts'
import type { Outcome } from './outcome.ts'

const LIVE_MS = 45_000

/** Another program, which is this one, has the store locked for a time; nothing is written meanwhile. */
export async function lockStore(arena: Arena, ms: number): Promise<Outcome> {
  const database = new Database(arena.database, { timeout: 0 })
  try {
    const locked = () => {
      try {
        database.exec('BEGIN IMMEDIATE')
        return true
      } catch {
        // The daemon writes just now.
        return false
      }
    }
    await until('the store is locked', locked, LIVE_MS)
    const before = newest(database)
    await sleep(ms)
    const after = newest(database)
    database.exec('ROLLBACK')
    const text = `${after - before} records came into a store that was locked`
    return {
      effect: `locked for ${ms} ms`,
      violations: after === before ? [] : [{ check: 'faults', kind: 'not-fired', text }],
    }
  } finally {
    database.close()
  }
}

function newest(database: Database.Database): number {
  return database.prepare('SELECT coalesce(max(seq), 0) FROM records').pluck().get() as number
}

/** The disk of the store is full until an append was refused for it, at least for a time; then it has room again. */
export async function fillDisk(arena: Arena, ms: number): Promise<Outcome> {
  const { disk, home } = arena
  if (disk === undefined) throw new Error('fill the disk: the home is on no disk of its own')
  let status = 0
  disk.fill()
  try {
    const refused = async () => {
      const body = JSON.stringify({
        thread: 'th_full',
        act: 'DO',
        body: { x: 'a'.repeat(200_000) },
      })
      const answer = await ask(
        { port: arena.clientLink.port, traffic: { underWay: 0 } },
        {
          method: 'POST',
          path: '/v1/records',
          headers: [
            ['authorization', `Bearer ${home.bearer}`],
            ['content-type', 'application/json'],
            ['content-length', String(Buffer.byteLength(body))],
          ],
          body,
        },
      ).catch(() => undefined)
      status = answer?.status ?? 0
      return status === 507
    }
    await Promise.all([sleep(ms), until('an append is refused', refused, LIVE_MS)])
  } finally {
    disk.free()
  }
  return { effect: `full for ${ms} ms, appends were refused with ${status}`, violations: [] }
}
