import { hash } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { canonicalJson } from '../../../protocol/json/canonical-json.ts'

/** A home whose store has many records, and who may read them. */
export interface LargeHome {
  readonly path: string
  /** The admin's. */
  readonly bearer: string
  /** Reaches the namespace `team` alone, which has `TEAM_RECORDS` records, half of them before all others and half after. */
  readonly narrow: string
}

export const TEAM_RECORDS = 200
const TEAM = 'team'
export const RECORDS_A_THREAD = 100
const ACTORS = 10
/** Bytes of a canonical text, as in the part `store`. */
const CANONICAL_BYTES = 333
const ID_START_BYTES = 8

const logger = pino({ level: 'silent' })

/**
 * Makes one. The daemon itself writes what a reach needs; the many records go straight into the tables, with their ids and without
 * signatures, because signing a million takes minutes and nobody who reads a store checks them.
 */
export async function makeLargeHome(path: string, records: number): Promise<LargeHome> {
  const first = await startDaemon({ home: path, port: 0, logger })
  const bearer = first.adminBearer ?? ''
  const { did } = first.identity
  await first.access.namespaces.create(TEAM, null)
  const account = {
    name: 'narrow',
    scopes: ['records:read'],
    reach: { namespaces: [TEAM], threads: [] },
  } as const
  const { token: narrow } = await first.access.accounts.createWithToken(account, null)
  await writeTeam(first)
  const from = first.store.head()
  await first.stop()
  fill(join(path, 'hub.db'), { from, records, did })
  const again = await startDaemon({ home: path, port: 0, logger })
  await writeTeam(again)
  await again.stop()
  return { path, bearer, narrow }
}

async function writeTeam({
  store,
  identity,
}: Awaited<ReturnType<typeof startDaemon>>): Promise<void> {
  const fields = { thread: 'th_team', actor: identity.did, act: 'DO', data_type: 'SCALAR' } as const
  for (let n = 0; n < TEAM_RECORDS / 2; n += 1) {
    const body = { n, at: store.head(), namespace: TEAM }
    await store.append({ ...fields, body, parents: [], judged_by: null })
  }
}

interface Filling {
  readonly from: number
  readonly records: number
  readonly did: string
}

function fill(file: string, { from, records, did }: Filling): void {
  const database = new Database(file)
  try {
    database.pragma('synchronous = OFF')
    database.pragma('cache_size = -65536')
    database.transaction(() => insertAll(database, { from, records, did }))()
    database.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}

function insertAll(database: Database.Database, { from, records, did }: Filling): void {
  // Made after the rows: a tenth of the time.
  const indexes = database
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'records' AND sql IS NOT NULL`,
    )
    .all()
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
  const nameOf = (name: string) => {
    database.prepare('INSERT INTO names (name) VALUES (?) ON CONFLICT DO NOTHING').run(name)
    return database
      .prepare<[string], number>('SELECT id FROM names WHERE name = ?')
      .pluck()
      .get(name)
  }
  const actors = Array.from({ length: ACTORS }, (_, n) => `did:sync:agent:worker-${n}`)
  const numbers = actors.map(nameOf)
  const origin = nameOf(did)
  const insert = database.prepare(
    `INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, origin, sig, received_at, namespace)
     VALUES (?, ?, ?, ?, 1, ?, 0, ?, ?, zeroblob(64), ?, 1)`,
  )
  const begun = Date.now() - records
  for (let n = 0; n < records; n += 1) {
    const nth = Math.floor(n / RECORDS_A_THREAD)
    const actor = actors[n % ACTORS] ?? ''
    const raw = textOf(`th_${String(nth).padStart(64, '0')}`, actor, n)
    const start = Buffer.from(hash('sha256', raw, 'hex').slice(0, 2 * ID_START_BYTES), 'hex')
    const thread = from + 1 + nth * RECORDS_A_THREAD
    insert.run(from + 1 + n, start, thread, numbers[n % ACTORS], n, raw, origin, begun + n)
  }
  database
    .prepare(
      `INSERT INTO threads (first_seq, thread, records, last_seq, first_received_at, last_received_at, first_act, namespace)
       SELECT thread, 'th_' || printf('%064d', (thread - ?) / ${RECORDS_A_THREAD}), count(*), max(seq),
         min(received_at), max(received_at), 'DO', 1
       FROM records WHERE seq > ? GROUP BY thread`,
    )
    .run(from + 1, from)
  const threads = Math.ceil(records / RECORDS_A_THREAD)
  database
    .prepare(
      `INSERT INTO namespace_sizes VALUES (1, ?, ?)
       ON CONFLICT (namespace) DO UPDATE SET threads = threads + excluded.threads, records = records + excluded.records`,
    )
    .run(threads, records)
  for (const { sql } of indexes) database.exec(sql)
}

function textOf(thread: string, actor: string, clock: number): string {
  const record = {
    act: 'DO',
    actor,
    body: { text: '' },
    clock,
    data_type: 'SCALAR',
    parents: [],
    thread,
  }
  const left = CANONICAL_BYTES - canonicalJson(record).length
  return canonicalJson({
    ...record,
    body: { text: 'tea '.repeat(100).slice(0, Math.max(0, left)) },
  })
}
