import type { Database, Statement } from 'better-sqlite3'
import { planOnce } from './plan-once.ts'
import type { RecordRow, RedactionRow, ThreadRow } from './rows.ts'

const RECORD = 'r.seq, r.id_start, r.raw, r.judged_by, o.name, r.sig'
const RECORDS = 'records r'
/** A record whose origin cannot be found is damaged, not absent. */
const ORIGIN = 'LEFT JOIN names o ON o.id = r.origin'
const PLACE = 'r.seq > ? AND r.seq <= ? ORDER BY r.seq LIMIT ?'
/** The number of a thread, and of an actor. */
const THREAD = '(SELECT first_seq FROM threads WHERE thread = ?)'
const ACTOR = '(SELECT id FROM names WHERE name = ?)'

const THREADS = 'SELECT t.*, n.name AS namespace_name FROM threads t'
const NAMESPACE = 'LEFT JOIN namespaces n ON n.id = t.namespace'

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
    seqsOfNamespace: prepare<
      [namespace: number, after: number, upTo: number, limit: number],
      number
    >(
      `SELECT r.seq FROM ${RECORDS} INDEXED BY records_by_namespace WHERE r.namespace = ? AND ${PLACE}`,
    ).pluck(),
    seqsOfActor: prepare<
      [actor: string, namespace: number, after: number, upTo: number, limit: number],
      number
    >(
      `SELECT r.seq FROM ${RECORDS} INDEXED BY records_by_actor
       WHERE r.actor = ${ACTOR} AND r.namespace = ? AND ${PLACE}`,
    ).pluck(),
    lastOfNamespace: prepare<[namespace: number], number | null>(
      'SELECT max(seq) FROM records INDEXED BY records_by_namespace WHERE namespace = ?',
    ).pluck(),
    namespaceOfActorAfter: prepare<[actor: string, namespace: number], number | null>(
      `SELECT min(namespace) FROM records INDEXED BY records_by_actor WHERE actor = ${ACTOR} AND namespace > ?`,
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
        namespace: number,
      ],
      never
    >(
      `INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, judged_by, origin, sig, received_at,
         namespace)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),

    redactionAt: prepare<[seq: number], RedactionRow>('SELECT * FROM redactions WHERE seq = ?'),
    setText: prepare<[raw: string, seq: number], never>('UPDATE records SET raw = ? WHERE seq = ?'),
    insertRedaction: prepare<
      [
        seq: number,
        id: Buffer,
        bodyHash: Buffer,
        leftHash: Buffer,
        notedBy: Buffer,
        redactedAt: number,
      ],
      never
    >('INSERT INTO redactions VALUES (?, ?, ?, ?, ?, ?, NULL)'),
    unerased: prepare<[], number>(
      'SELECT seq FROM redactions WHERE erased_at IS NULL LIMIT 1',
    ).pluck(),
    setErased: prepare<[at: number], never>(
      'UPDATE redactions SET erased_at = ? WHERE erased_at IS NULL',
    ),
    firstGoal: prepare<[thread: string], string>(
      `SELECT raw FROM records INDEXED BY records_by_thread
       WHERE thread = ${THREAD} AND json_type(raw, '$.body.goal') = 'text' ORDER BY seq LIMIT 1`,
    ).pluck(),
    setGoal: prepare<[goal: string | null, thread: string], never>(
      'UPDATE threads SET goal = ? WHERE thread = ?',
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
        namespace: number,
      ],
      number
    >(
      `INSERT INTO threads (first_seq, thread, records, last_seq, first_received_at, last_received_at, first_act, goal,
         namespace)
       VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (thread) DO UPDATE SET records = records + 1, last_seq = excluded.last_seq,
         last_received_at = excluded.last_received_at, goal = coalesce(goal, excluded.goal)
       RETURNING first_seq`,
    ).pluck(),
    countThread: prepare<
      [records: number, lastSeq: number, lastReceived: number, goal: string | null, thread: number],
      never
    >(
      `UPDATE threads SET records = records + ?, last_seq = ?, last_received_at = ?, goal = coalesce(goal, ?)
       WHERE first_seq = ?`,
    ),
    threadByName: prepare<[thread: string], ThreadRow>(
      `${THREADS} ${NAMESPACE} WHERE t.thread = ?`,
    ),
    threadsBefore: prepare<[before: number, limit: number], ThreadRow>(
      `${THREADS} ${NAMESPACE} WHERE t.first_seq < ? ORDER BY t.first_seq DESC LIMIT ?`,
    ),
    threadsOfNamespace: prepare<[namespace: number, before: number, limit: number], ThreadRow>(
      `${THREADS} INDEXED BY threads_by_namespace ${NAMESPACE}
       WHERE t.namespace = ? AND t.first_seq < ? ORDER BY t.first_seq DESC LIMIT ?`,
    ),
    namespaceOfThread: prepare<
      [thread: string],
      { readonly id: number; readonly name: string | null }
    >(`SELECT t.namespace AS id, n.name FROM threads t ${NAMESPACE} WHERE t.thread = ?`),
    addToNamespace: prepare<[namespace: number, threads: number, records: number], never>(
      `INSERT INTO namespace_sizes (namespace, threads, records) VALUES (?, ?, ?)
       ON CONFLICT (namespace) DO UPDATE SET threads = threads + excluded.threads,
         records = records + excluded.records`,
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
