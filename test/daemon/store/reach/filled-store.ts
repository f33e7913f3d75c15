import Database from 'better-sqlite3'
import { namespaceDraft, namespaceFold } from '../../../../local-daemon/access/namespace-records.ts'
import { openStore, type Store } from '../../../../local-daemon/store/open-store.ts'
import { ADA, aDraft } from '../../../support/daemon/a-daemon.ts'
import { aStore, type TestStore } from '../../../support/daemon/a-store.ts'

const BOB = 'did:sync:user:bob'

/** A store with namespaces, which can be filled with many records fast. */
export class Filled {
  readonly #at: TestStore
  store: Store

  constructor() {
    this.#at = aStore()
    this.#at.store.close()
    this.store = this.#open()
  }

  #open(): Store {
    const { path, origin } = this.#at
    return openStore({ path, origin, folds: [namespaceFold(origin.did)] })
  }

  async make(...names: string[]): Promise<void> {
    const { did } = this.#at.origin
    for (const name of names) {
      const body = { topic: 'namespace_entry', name, status: 'active', description: null } as const
      await this.store.append(namespaceDraft(did, { ...body, changed_at: 1 }))
    }
  }

  /** Records that nobody of these tests reads, straight into the tables: in `other`, on a thread of ten records each. */
  fill(count: number): void {
    const from = this.store.head()
    const other = this.store.namespace('other')?.id ?? 0
    this.store.close()
    const database = new Database(this.#at.path)
    try {
      database.pragma('synchronous = OFF')
      const indexes = database
        .prepare<[], { name: string; sql: string }>(
          `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'records' AND sql IS NOT NULL`,
        )
        .all()
      for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
      database.exec(`
        INSERT OR IGNORE INTO names (name) VALUES ('${BOB}');
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
        INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, origin, sig, received_at, namespace)
        SELECT ${from} + n, randomblob(8), ${from} + 1 + (n - 1) / 10 * 10, b.id, 1, n, 0, '{}', b.id, zeroblob(64), 1, ${other}
        FROM numbers, names b WHERE b.name = '${BOB}';
        INSERT INTO threads (first_seq, thread, records, last_seq, first_received_at, last_received_at, first_act, namespace)
        SELECT thread, 'th_fill_' || thread, count(*), max(seq), 1, 1, 'DO', ${other} FROM records
        WHERE seq > ${from} GROUP BY thread;`)
      for (const { sql } of indexes) database.exec(sql)
      database.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
    this.store = this.#open()
  }

  /** Changes the file as a fault of the disk might. */
  tamper(sql: string): void {
    this.store.close()
    const database = new Database(this.#at.path)
    database.exec(sql)
    database.close()
    this.store = this.#open()
  }

  async write(count: number, thread: string, namespace?: string, actor = ADA): Promise<void> {
    const body = { text: 'x', ...(namespace !== undefined && { namespace }) }
    for (let n = 0; n < count; n += 1) await this.store.append(aDraft({ thread, body, actor }))
  }

  [Symbol.dispose](): void {
    this.store.close()
    this.#at[Symbol.dispose]()
  }
}
