import type { Database, Statement } from 'better-sqlite3'
import { planOnce } from './plan-once.ts'
import type { RecordRow, ThreadRow } from './rows.ts'

const RECORD = 'r.seq, r.id_start, r.raw, r.judged_by, o.name, r.sig'
const RECORDS = 'records r'
/** A record whose origin cannot be found is damaged, not absent. */
const ORIGIN = 'LEFT JOIN names o ON o.id = r.origin'
const PLACE = 'r.seq > ? AND r.seq <= ? ORDER BY r.seq LIMIT ?'
/** The number of a thread, and of an actor. */
const THREAD = '(SELECT first_seq FROM threads WHERE thread = ?)'
const ACTOR = '(SELECT id FROM names WHERE name = ?)'

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

    idStartAt: prepare<[seq: number], Buffer>('SELECT id_start FROM records WHERE seq = ?').pluck(),

    receivedAt: prepare<[seq: number], number>(
      'SELECT received_at FROM records WHERE seq = ?',
    ).pluck(),
    // Two records with the same first 8 bytes of their ids are both given.
    recordsById: rows<[idStart: Buffer]>(
      `SELECT ${RECORD} FROM ${RECORDS} INDEXED BY records_by_id ${ORIGIN} WHERE r.id_start = ?`,
    ),
    recordsByIds: rows<[idStarts: string]>(
      `SELECT ${RECORD} FROM json_each(?) asked CROSS JOIN ${RECORDS} INDEXED BY records_by_id
         ON r.id_start = unhex(asked.value) ${ORIGIN}`,
    ),
    // The newest two.
    originsOf: prepare<[thread: string], string>(
      `SELECT o.name FROM ${RECORDS} INDEXED BY records_by_thread ${ORIGIN}
       WHERE r.thread = ${THREAD} ORDER BY r.seq DESC LIMIT 2`,
    ).pluck(),
    recordsAfter: rows<[after: number, upTo: number, limit: number]>(
      `SELECT ${RECORD} FROM ${RECORDS} ${ORIGIN} WHERE ${PLACE}`,
    ),
    // Indexes are named: by its statistics SQLite might rather go through all records.
    recordsOfThread: rows<[thread: string, after: number, upTo: number, limit: number]>(
      `SELECT ${RECORD} FROM ${RECORDS} INDEXED BY records_by_thread ${ORIGIN}
       WHERE r.thread = ${THREAD} AND ${PLACE}`,
    ),
    recordsOfActor: rows<[actor: string, after: number, upTo: number, limit: number]>(
      `SELECT ${RECORD} FROM ${RECORDS} INDEXED BY records_by_actor ${ORIGIN}
       WHERE r.actor = ${ACTOR} AND ${PLACE}`,
    ),
    recordsOfBoth: rows<
      [thread: string, actor: string, after: number, upTo: number, limit: number]
    >(
      `SELECT ${RECORD} FROM ${RECORDS} INDEXED BY records_by_both ${ORIGIN}
       WHERE r.thread = ${THREAD} AND r.actor = ${ACTOR} AND ${PLACE}`,
    ),
    // Their numbers alone, from the index.
    seqsOfThread: prepare<[thread: string, after: number, upTo: number, limit: number], number>(
      `SELECT r.seq FROM ${RECORDS} INDEXED BY records_by_thread WHERE r.thread = ${THREAD} AND ${PLACE}`,
    ).pluck(),
    seqsOfBoth: prepare<
      [thread: string, actor: string, after: number, upTo: number, limit: number],
      number
    >(
      `SELECT r.seq FROM ${RECORDS} INDEXED BY records_by_both
       WHERE r.thread = ${THREAD} AND r.actor = ${ACTOR} AND ${PLACE}`,
    ).pluck(),
    // Without the record's text, whose length the time to read it would tell.
    threadsById: prepare<[idStart: Buffer], string>(
      `SELECT t.thread FROM ${RECORDS} INDEXED BY records_by_id JOIN threads t ON t.first_seq = r.thread
       WHERE r.id_start = ?`,
    ).pluck(),
    clockTaken: prepare<[thread: string, actor: string, clock: number], number>(
      `SELECT 1 FROM records INDEXED BY records_by_clock
       WHERE thread = ${THREAD} AND actor = ${ACTOR} AND clock = ? LIMIT 1`,
    ).pluck(),
    lastClock: prepare<[thread: string, actor: string], number | null>(
      `SELECT max(clock) FROM records INDEXED BY records_by_clock
       WHERE thread = ${THREAD} AND actor = ${ACTOR}`,
    ).pluck(),
    nameNumber: prepare<[name: string], number>('SELECT id FROM names WHERE name = ?').pluck(),
    addName: prepare<[name: string], number>(
      'INSERT INTO names (name) VALUES (?) RETURNING id',
    ).pluck(),
    insertRecord: prepare<
      [
        seq: number,
        idStart: Buffer,
        thread: number,
        actor: number,
        act: number,
        clock: number,
        dataType: number,
        raw: string,
        judgedBy: Buffer | null,
        origin: number,
        sig: Uint8Array,
        receivedAt: number,
      ],
      never
    >(
      `INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, judged_by, origin, sig, received_at)
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
      number
    >(
      `INSERT INTO threads (first_seq, thread, records, last_seq, first_received_at, last_received_at, first_act, goal)
       VALUES (?, ?, 1, ?, ?, ?, ?, ?)
       ON CONFLICT (thread) DO UPDATE SET records = records + 1, last_seq = excluded.last_seq,
         last_received_at = excluded.last_received_at, goal = coalesce(goal, excluded.goal)
       RETURNING first_seq`,
    ).pluck(),
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
