import { hash } from 'node:crypto'
import Database from 'better-sqlite3'
import { MIGRATIONS } from '../../../local-daemon/store/file/migrations.ts'

/** The schema before records became compact. */
export const WIDE_SCHEMA = 5

/** Writes a store of schema 5, as a daemon leaves it. Returns the ids of its records, in their order. */
export function writeWideStore(path: string, records: number): readonly string[] {
  const database = new Database(path)
  try {
    database.pragma('page_size = 8192')
    database.pragma(`application_id = ${0x53504c31}`)
    database.pragma('journal_mode = WAL')
    for (const step of MIGRATIONS.slice(0, WIDE_SCHEMA)) database.exec(step)
    database.exec(`INSERT INTO store (id, epoch, created_at) VALUES (1, '${'e'.repeat(16)}', 1)`)
    database.pragma(`user_version = ${WIDE_SCHEMA}`)
    return database.transaction(() => insertRecords(database, records))()
  } finally {
    database.close()
  }
}

const THREADS = 100
const ACTORS = 10

function insertRecords(database: Database.Database, records: number): readonly string[] {
  const record = database.prepare(
    `INSERT INTO records VALUES (?, ?, ?, ?, 'DO', ?, 'SCALAR', ?, NULL, 'did:key:zSame', zeroblob(64), 1)`,
  )
  const thread = database.prepare(
    `INSERT INTO threads VALUES (?, ?, 1, ?, 1, 1, 'DO', NULL)
     ON CONFLICT (thread) DO UPDATE SET records = records + 1, last_seq = excluded.last_seq`,
  )
  return Array.from({ length: records }, (_, n) => {
    const [name, actor] = [`th_${n % THREADS}`, `did:sync:agent:${n % ACTORS}`]
    const raw = `{"act":"DO","actor":"${actor}","body":{"n":${n},"text":"${'tea '.repeat(40)}"},"clock":${n},"data_type":"SCALAR","parents":[],"thread":"${name}"}`
    const id = hash('sha256', raw, 'hex')
    record.run(n + 1, Buffer.from(id, 'hex'), name, actor, n, raw)
    thread.run(n + 1, name, n + 1)
    return id
  })
}
