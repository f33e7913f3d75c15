import Database from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../support/clients/send.ts'
import { until } from '../support/until.ts'
import type { Arena } from './arena.ts'
import { ask } from '../support/clients/ask.ts'
import type { Outcome } from './outcome.ts'
import type { Violation } from './violation.ts'

const LIVE_MS = 45_000

/**
 * Another program, which is this one, has the store locked for a time. Nothing is written meanwhile, and so nobody is told that
 * anything was.
 */
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
    let told = 0
    void append(arena, 'x').then((answer) => (told = answer?.status ?? 0))
    await sleep(ms)
    const after = newest(database)
    // In one turn with the look at it: whatever was told until now was told of a locked store.
    const toldLocked = told
    database.exec('ROLLBACK')
    const violations: Violation[] = []
    if (after !== before) {
      const text = `${after - before} records came into a store that was locked`
      violations.push({ check: 'faults', kind: 'not-fired', text })
    }
    if (toldLocked === 200 || toldLocked === 201) {
      const text = `an append was acknowledged with ${toldLocked} while the store was locked`
      violations.push({ check: 'appends', kind: 'lost', text })
    }
    return { effect: `locked for ${ms} ms`, violations }
  } finally {
    database.close()
  }
}

/** One append of the owner's, sent once. */
function append({ clientLink, home }: Arena, filling: string): Promise<Answer | undefined> {
  const body = JSON.stringify({ thread: 'th_full', act: 'DO', body: { filling } })
  const headers = [
    ['authorization', `Bearer ${home.bearer}`],
    ['content-type', 'application/json'],
    ['content-length', String(Buffer.byteLength(body))],
  ] as const
  const side = { port: clientLink.port, traffic: { underWay: 0 } }
  return ask(side, { method: 'POST', path: '/v1/records', headers, body }).catch(() => undefined)
}

function newest(database: Database.Database): number {
  return database.prepare('SELECT coalesce(max(seq), 0) FROM records').pluck().get() as number
}

/**
 * The disk of the store is full until an append was refused for it, at least for a time; then it has room again. What was
 * acknowledged meanwhile is stored.
 */
export async function fillDisk(arena: Arena, ms: number): Promise<Outcome> {
  const { disk } = arena
  if (disk === undefined) throw new Error('fill the disk: the home is on no disk of its own')
  let status = 0
  const violations: Violation[] = []
  disk.fill()
  try {
    const refused = async () => {
      const answer = await append(arena, 'a'.repeat(200_000))
      status = answer?.status ?? 0
      if (answer === undefined || (status !== 200 && status !== 201)) return status === 507
      const id = String(answer.json()['id'])
      if (isStored(arena.database, id)) return false
      const text = `on a full disk ${id} was acknowledged, and is not stored`
      violations.push({ check: 'appends', kind: 'lost', text })
      return true
    }
    await Promise.all([sleep(ms), until('an append is refused', refused, LIVE_MS)])
  } finally {
    disk.free()
  }
  return { effect: `full for ${ms} ms, appends were answered with ${status}`, violations }
}

function isStored(path: string, id: string): boolean {
  const database = new Database(path, { readonly: true })
  try {
    const found = database.prepare('SELECT 1 FROM records WHERE id_start = ?')
    return found.get(Buffer.from(id.slice(0, 16), 'hex')) !== undefined
  } finally {
    database.close()
  }
}
