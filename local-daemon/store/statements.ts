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

/** A token with the fields of its account. Scopes and actors are JSON arrays; times are Unix seconds. */
export interface TokenRow {
  readonly token_id: string
  readonly account: string
  readonly env: string
  readonly scopes: string
  readonly created_at: number
  readonly expires_at: number | null
  readonly revoked_at: number | null
  readonly record_seq: number
  readonly actors: string
  readonly namespace: string
  readonly account_revoked_at: number | null
  /** Exact to some minutes; null for never. */
  readonly used_at: number | null
}

export interface AccountRow {
  readonly id: string
  readonly name: string
  /** JSON array. */
  readonly scopes: string
  /** JSON array: DIDs that it may act as, in addition to its own. */
  readonly actors: string
  readonly namespace: string
  readonly env: string
  readonly created_at: number
  readonly revoked_at: number | null
  readonly reason: string | null
  readonly record_seq: number
}

export interface InviteRow {
  /** SHA-256 of the code's nonce, hex. */
  readonly id: string
  readonly device: string
  readonly scopes: string
  readonly actors: string
  readonly namespace: string
  readonly env: string
  readonly created_at: number
  readonly expires_at: number
  /** The token that made it; null for the owner over the socket. */
  readonly issuer: string | null
  readonly redeemed_at: number | null
  readonly revoked_at: number | null
  /** When the token that made it was revoked, or its account: the invite ended with it. */
  readonly issuer_revoked_at: number | null
  readonly record_seq: number
}

/** The newest valid record of one setting. */
export interface SettingRow {
  readonly key: string
  /** JSON. */
  readonly value: string
  readonly record_id: string
  /** Unix time, milliseconds. */
  readonly set_at: number
  readonly record_seq: number
}

const TOKEN = `SELECT t.*, a.actors, a.namespace, a.revoked_at AS account_revoked_at, u.used_at
  FROM tokens t JOIN service_accounts a ON a.id = t.account
    LEFT JOIN token_uses u ON u.token_id = t.token_id`

const INVITE = `SELECT i.*, CASE WHEN i.issuer IS NOT NULL AND t.token_id IS NULL THEN i.created_at
    ELSE COALESCE(t.revoked_at, a.revoked_at) END AS issuer_revoked_at
  FROM invites i LEFT JOIN tokens t ON t.token_id = i.issuer
    LEFT JOIN service_accounts a ON a.id = t.account`

export type Statements = ReturnType<typeof prepareStatements>

/** Every statement of the store, prepared once: preparing costs five times as much as running. */
export function prepareStatements(database: Database) {
  function prepare<Parameters extends unknown[], Result>(sql: string) {
    return database.prepare<Parameters, Result>(sql)
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

    insertAccount: prepare<
      [
        id: string,
        name: string,
        scopes: string,
        actors: string,
        namespace: string,
        env: string,
        createdAt: number,
        recordSeq: number,
      ],
      never
    >(
      `INSERT INTO service_accounts (id, name, scopes, actors, namespace, env, created_at, record_seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    revokeAccount: prepare<[revokedAt: number, reason: string | null, id: string], never>(
      'UPDATE service_accounts SET revoked_at = ?, reason = ? WHERE id = ? AND revoked_at IS NULL',
    ),
    // Taken from the account's row: a token of a missing account changes nothing.
    insertToken: prepare<
      [
        tokenId: string,
        env: string,
        scopes: string,
        createdAt: number,
        expiresAt: number | null,
        recordSeq: number,
        account: string,
      ],
      never
    >(
      `INSERT INTO tokens (token_id, account, env, scopes, created_at, expires_at, record_seq)
       SELECT ?, id, ?, ?, ?, ?, ? FROM service_accounts WHERE id = ? AND revoked_at IS NULL
       ON CONFLICT (token_id) DO NOTHING`,
    ),
    revokeToken: prepare<[revokedAt: number, tokenId: string], never>(
      'UPDATE tokens SET revoked_at = ? WHERE token_id = ? AND revoked_at IS NULL',
    ),
    tokenById: prepare<[tokenId: string], TokenRow>(`${TOKEN} WHERE t.token_id = ?`),
    tokensBetween: prepare<[first: string, last: string], TokenRow>(
      `${TOKEN} WHERE t.token_id BETWEEN ? AND ? LIMIT 2`,
    ),
    tokens: prepare<[after: number, limit: number], TokenRow>(
      `${TOKEN} WHERE t.record_seq > ? ORDER BY t.record_seq LIMIT ?`,
    ),
    tokensOfAccount: prepare<[account: string, after: number, limit: number], TokenRow>(
      `${TOKEN} WHERE t.account = ? AND t.record_seq > ? ORDER BY t.record_seq LIMIT ?`,
    ),
    liveTokens: prepare<[now: number, limit: number], TokenRow>(
      `${TOKEN} WHERE t.revoked_at IS NULL AND a.revoked_at IS NULL
         AND (t.expires_at IS NULL OR t.expires_at > ?) ORDER BY t.record_seq LIMIT ?`,
    ),
    adminTokens: prepare<[until: number], TokenRow>(
      `${TOKEN} WHERE t.revoked_at IS NULL AND instr(t.scopes, '"admin"') > 0 AND a.revoked_at IS NULL
         AND (t.expires_at IS NULL OR t.expires_at > ?) ORDER BY t.record_seq`,
    ),
    touchToken: prepare<[tokenId: string, usedAt: number], never>(
      `INSERT INTO token_uses (token_id, used_at) VALUES (?, ?)
       ON CONFLICT (token_id) DO UPDATE SET used_at = excluded.used_at`,
    ),
    accounts: prepare<[after: number, limit: number], AccountRow>(
      'SELECT * FROM service_accounts WHERE record_seq > ? ORDER BY record_seq LIMIT ?',
    ),
    accountById: prepare<[id: string], AccountRow>('SELECT * FROM service_accounts WHERE id = ?'),

    insertInvite: prepare<
      [
        id: string,
        device: string,
        scopes: string,
        actors: string,
        namespace: string,
        env: string,
        createdAt: number,
        expiresAt: number,
        issuer: string | null,
        recordSeq: number,
      ],
      never
    >(
      `INSERT INTO invites
         (id, device, scopes, actors, namespace, env, created_at, expires_at, issuer, record_seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    redeemInvite: prepare<[redeemedAt: number, id: string], never>(
      'UPDATE invites SET redeemed_at = ? WHERE id = ? AND redeemed_at IS NULL',
    ),
    revokeInvite: prepare<[revokedAt: number, id: string], never>(
      'UPDATE invites SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL AND redeemed_at IS NULL',
    ),
    inviteById: prepare<[id: string], InviteRow>(`${INVITE} WHERE i.id = ?`),
    invites: prepare<[after: number, limit: number], InviteRow>(
      `${INVITE} WHERE i.record_seq > ? ORDER BY i.record_seq LIMIT ?`,
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
    upsertSetting: prepare<
      [key: string, value: string, recordId: string, recordSeq: number],
      never
    >(
      `INSERT INTO settings (key, value, record_id, record_seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, record_id = excluded.record_id,
         record_seq = excluded.record_seq`,
    ),
    settings: prepare<[], SettingRow>(
      `SELECT s.*, r.received_at AS set_at FROM settings s JOIN records r ON r.seq = s.record_seq
       ORDER BY s.key`,
    ),

    clearTokens: prepare<[], never>('DELETE FROM tokens'),
    clearAccounts: prepare<[], never>('DELETE FROM service_accounts'),
    clearInvites: prepare<[], never>('DELETE FROM invites'),
    clearSettings: prepare<[], never>('DELETE FROM settings'),
  }
}
