import type { Database, Statement } from 'better-sqlite3'
import { planOnce } from './plan-once.ts'
import type { RecordRow, ThreadRow } from './rows.ts'

const RECORD = 'seq, id, thread, actor, raw, judged_by, origin, sig'

/** Statements of the log: the store's name, records, threads, and keys of requests that may be sent again. */
export function prepareRecordStatements(database: Database) {
  function prepare<Parameters extends unknown[], Result>(sql: string) {
    return planOnce<Parameters, Result>(database, sql)
  }
  function rows<Parameters extends unknown[]>(sql: string): Statement<Parameters, RecordRow> {
    return prepare<Parameters, RecordRow>(sql).raw(true)
  }
  return {
    epoch: prepare<[], string>('SELECT epoch FROM store').pluck(),
    nameStore: prepare<[epoch: string, stamp: string], never>(
      'UPDATE store SET epoch = ?, stamp = ? WHERE id = 1',
    ),
    stamp: prepare<[stamp: string], never>('UPDATE store SET stamp = ? WHERE id = 1'),
    takeRoom: prepare<[bytes: number], never>('REPLACE INTO room VALUES (1, zeroblob(?))'),
    giveRoom: prepare<[], never>('DELETE FROM room WHERE id = 1'),
    head: prepare<[], number>('SELECT coalesce(max(seq), 0) FROM records').pluck(),

    idAt: prepare<[seq: number], Buffer>('SELECT id FROM records WHERE seq = ?').pluck(),

    recordById: rows<[id: Buffer]>(`SELECT ${RECORD} FROM records WHERE id = ?`),
    originsAfter: prepare<[after: number], string>(
      'SELECT origin FROM records WHERE seq > ? ORDER BY seq DESC',
    ).pluck(),
    recordsAfter: rows<[after: number, upTo: number, limit: number]>(
      `SELECT ${RECORD} FROM records WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
    ),
    recordsOfThread: rows<[thread: string, after: number, upTo: number, limit: number]>(
      `SELECT ${RECORD} FROM records WHERE thread = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
    ),
    recordsOfActor: rows<[actor: string, after: number, upTo: number, limit: number]>(
      `SELECT ${RECORD} FROM records WHERE actor = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
    ),
    recordsOfBoth: rows<
      [thread: string, actor: string, after: number, upTo: number, limit: number]
    >(
      // Named, because SQLite would otherwise scan all records of the actor.
      `SELECT ${RECORD} FROM records INDEXED BY records_by_both
       WHERE thread = ? AND actor = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
    ),
    clockTaken: prepare<[thread: string, actor: string, clock: number], number>(
      'SELECT 1 FROM records WHERE thread = ? AND actor = ? AND clock = ? LIMIT 1',
    ).pluck(),
    lastClock: prepare<[thread: string, actor: string], number | null>(
      'SELECT max(clock) FROM records WHERE thread = ? AND actor = ?',
    ).pluck(),
    insertRecord: prepare<
      [
        seq: number,
        id: Buffer,
        thread: string,
        actor: string,
        act: string,
        clock: number,
        dataType: string,
        raw: string,
        judgedBy: string | null,
        origin: string,
        sig: Uint8Array,
        receivedAt: number,
      ],
      never
    >(
      `INSERT INTO records (seq, id, thread, actor, act, clock, data_type, raw, judged_by, origin, sig, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),

    upsertThread: prepare<
      [
        seq: number,
        thread: string,
        lastSeq: number,
        received: number,
        lastReceived: number,
        act: string,
        goal: string | null,
      ],
      never
    >(
      `INSERT INTO threads (first_seq, thread, records, last_seq, first_received_at, last_received_at, first_act, goal)
       VALUES (?, ?, 1, ?, ?, ?, ?, ?)
       ON CONFLICT (thread) DO UPDATE SET records = records + 1, last_seq = excluded.last_seq,
         last_received_at = excluded.last_received_at, goal = coalesce(goal, excluded.goal)`,
    ),
    threadByName: prepare<[thread: string], ThreadRow>('SELECT * FROM threads WHERE thread = ?'),
    threadsBefore: prepare<[before: number, limit: number], ThreadRow>(
      'SELECT * FROM threads WHERE first_seq < ? ORDER BY first_seq DESC LIMIT ?',
    ),

    idempotencyKey: prepare<
      [holder: string, key: string],
      { readonly fingerprint: Buffer; readonly record_seq: number }
    >('SELECT fingerprint, record_seq FROM idempotency_keys WHERE holder = ? AND key = ?'),
    insertIdempotencyKey: prepare<
      [holder: string, key: string, fingerprint: Buffer, recordSeq: number, createdAt: number],
      never
    >(
      `INSERT INTO idempotency_keys (holder, key, fingerprint, record_seq, created_at)
       VALUES (?, ?, ?, ?, ?)`,
    ),
    forgetIdempotencyKeys: prepare<[before: number], never>(
      'DELETE FROM idempotency_keys WHERE created_at < ?',
    ),
  }
}
