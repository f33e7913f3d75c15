import type { Database, Statement } from 'better-sqlite3'

/** `seq, id, thread, actor, raw, judged_by, origin, sig`, as `toStoredRecord` reads it. */
export type RecordRow = readonly [
  seq: number,
  id: Buffer,
  thread: string,
  actor: string,
  raw: string,
  judgedBy: string | null,
  origin: string,
  sig: Buffer,
]
const RECORD = 'seq, id, thread, actor, raw, judged_by, origin, sig'

export interface ThreadRow {
  readonly first_seq: number
  readonly thread: string
  readonly records: number
  readonly last_seq: number
  readonly first_received_at: number
  readonly last_received_at: number
  readonly first_act: string
  readonly goal: string | null
}

export interface TokenRow {
  readonly token_id: string
  readonly account: string
  readonly env: string
  /** JSON array. */
  readonly scopes: string
  readonly created_at: number
  readonly revoked_at: number | null
  readonly record_seq: number
}

export interface AccountRow {
  readonly id: string
  readonly name: string
  /** JSON array. */
  readonly scopes: string
  readonly created_at: number
  readonly record_seq: number
}

export type Statements = ReturnType<typeof prepareStatements>

/** Every statement of the store, prepared once: preparing costs five times what running does. */
export function prepareStatements(database: Database) {
  function prepare<Parameters extends unknown[], Result>(sql: string) {
    return database.prepare<Parameters, Result>(sql)
  }
  function rows<Parameters extends unknown[]>(sql: string): Statement<Parameters, RecordRow> {
    return prepare<Parameters, RecordRow>(sql).raw(true)
  }
  return {
    epoch: prepare<[], string>('SELECT epoch FROM store').pluck(),
    head: prepare<[], number>('SELECT coalesce(max(seq), 0) FROM records').pluck(),

    recordById: rows<[id: Buffer]>(`SELECT ${RECORD} FROM records WHERE id = ?`),
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
      `SELECT ${RECORD} FROM records WHERE thread = ? AND actor = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
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

    insertAccount: prepare<
      [id: string, name: string, scopes: string, createdAt: number, recordSeq: number],
      never
    >(
      `INSERT INTO service_accounts (id, name, scopes, created_at, record_seq) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    // Taken from the account's row: a token of an account that is not there changes nothing.
    insertToken: prepare<
      [
        tokenId: string,
        env: string,
        scopes: string,
        createdAt: number,
        recordSeq: number,
        account: string,
      ],
      never
    >(
      `INSERT INTO tokens (token_id, account, env, scopes, created_at, record_seq)
       SELECT ?, id, ?, ?, ?, ? FROM service_accounts WHERE id = ?
       ON CONFLICT (token_id) DO NOTHING`,
    ),
    revokeToken: prepare<[revokedAt: number, tokenId: string], never>(
      'UPDATE tokens SET revoked_at = ? WHERE token_id = ? AND revoked_at IS NULL',
    ),
    tokenById: prepare<[tokenId: string], TokenRow>('SELECT * FROM tokens WHERE token_id = ?'),
    accounts: prepare<[], AccountRow>('SELECT * FROM service_accounts ORDER BY id'),
    tokens: prepare<[], TokenRow>('SELECT * FROM tokens ORDER BY token_id'),
    clearTokens: prepare<[], never>('DELETE FROM tokens'),
    clearAccounts: prepare<[], never>('DELETE FROM service_accounts'),
  }
}
