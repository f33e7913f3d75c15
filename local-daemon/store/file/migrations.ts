import { randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { StoreOpenError } from '../store-error.ts'
import { isDatabaseError } from '../trouble/store-trouble.ts'

/**
 * Numbered steps of the schema: step n makes `user_version` n. A released step is never edited.
 * `clock` is not unique with thread and actor: forks by peers are kept, local writes are checked.
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE records (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
  thread TEXT NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  clock INTEGER NOT NULL CHECK (clock >= 0),
  data_type TEXT NOT NULL,
  raw TEXT NOT NULL,
  judged_by TEXT,
  origin TEXT NOT NULL,
  sig BLOB NOT NULL CHECK (length(sig) = 64),
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX records_by_thread ON records (thread, seq);
CREATE INDEX records_by_actor ON records (actor, seq);
CREATE INDEX records_by_clock ON records (thread, actor, clock);

CREATE TABLE threads (
  first_seq INTEGER PRIMARY KEY,
  thread TEXT NOT NULL UNIQUE,
  records INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  first_received_at INTEGER NOT NULL,
  last_received_at INTEGER NOT NULL,
  first_act TEXT NOT NULL,
  goal TEXT
) STRICT;

CREATE TABLE service_accounts (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  record_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
  token_id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES service_accounts (id),
  env TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  record_seq INTEGER NOT NULL
) STRICT;
`,
  `
ALTER TABLE service_accounts ADD COLUMN actors TEXT NOT NULL DEFAULT '[]';
ALTER TABLE service_accounts ADD COLUMN namespace TEXT NOT NULL DEFAULT 'default';
ALTER TABLE service_accounts ADD COLUMN env TEXT NOT NULL DEFAULT 'prod';
ALTER TABLE service_accounts ADD COLUMN revoked_at INTEGER;
ALTER TABLE service_accounts ADD COLUMN reason TEXT;
ALTER TABLE tokens ADD COLUMN expires_at INTEGER;
CREATE INDEX tokens_by_account ON tokens (account);

CREATE TABLE invites (
  id TEXT PRIMARY KEY CHECK (length(id) = 64),
  device TEXT NOT NULL,
  scopes TEXT NOT NULL,
  actors TEXT NOT NULL,
  namespace TEXT NOT NULL,
  env TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  issuer TEXT,
  redeemed_at INTEGER,
  revoked_at INTEGER,
  record_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
  holder TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  record_seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (holder, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  record_id TEXT NOT NULL,
  record_seq INTEGER NOT NULL
) STRICT;
`,
  // No query scans a table: each list uses an index, page by page.
  `
CREATE INDEX records_by_both ON records (thread, actor, seq);
DROP INDEX tokens_by_account;
CREATE INDEX tokens_by_account ON tokens (account, record_seq);
CREATE INDEX tokens_by_record ON tokens (record_seq);
CREATE INDEX tokens_live ON tokens (record_seq) WHERE revoked_at IS NULL;
CREATE INDEX tokens_live_admin ON tokens (record_seq)
  WHERE revoked_at IS NULL AND instr(scopes, '"admin"') > 0;
CREATE INDEX service_accounts_by_record ON service_accounts (record_seq);
CREATE INDEX invites_by_record ON invites (record_seq);

CREATE TABLE token_uses (
  token_id TEXT PRIMARY KEY,
  used_at INTEGER NOT NULL
) STRICT;
`,
  // See `stamp.ts`.
  `
ALTER TABLE store ADD COLUMN stamp TEXT NOT NULL DEFAULT '';
`,
  // Written and removed again to prove that a store has room again.
  `
CREATE TABLE room (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  filler BLOB NOT NULL
) STRICT;
`,
  // Each name is kept once. `thread` is the thread's `first_seq`, `actor` and `origin` are of `names`, `act` and `data_type` count from 0
  // as `protocol/records/record-form.ts` lists them. Only the first 8 bytes of an id are kept: the rest is the hash of `raw`. An index ends
  // with the record's number, so it need not name `seq`. LEFT JOIN: a name that cannot be found must stop this, not leave its records out.
  `
DROP INDEX records_by_thread;
DROP INDEX records_by_clock;
DROP INDEX records_by_both;

CREATE TABLE names (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO names (name) SELECT actor FROM records GROUP BY actor;
INSERT INTO names (name) SELECT origin FROM records WHERE true ON CONFLICT (name) DO NOTHING;
DROP INDEX records_by_actor;

ALTER TABLE records RENAME TO wide_records;
CREATE TABLE records (
  seq INTEGER PRIMARY KEY,
  id_start BLOB NOT NULL CHECK (length(id_start) = 8),
  thread INTEGER NOT NULL,
  actor INTEGER NOT NULL,
  act INTEGER NOT NULL,
  clock INTEGER NOT NULL CHECK (clock >= 0),
  data_type INTEGER NOT NULL,
  raw TEXT NOT NULL,
  judged_by BLOB CHECK (length(judged_by) = 32),
  origin INTEGER NOT NULL,
  sig BLOB NOT NULL CHECK (length(sig) = 64),
  received_at INTEGER NOT NULL
) STRICT;
INSERT INTO records
  SELECT r.seq, substr(r.id, 1, 8), t.first_seq, a.id,
    CASE r.act WHEN 'INTEND' THEN 0 WHEN 'DO' THEN 1 WHEN 'KNOW' THEN 2 WHEN 'LEARN' THEN 3
      WHEN 'GET' THEN 4 WHEN 'PUT' THEN 5 WHEN 'CALL' THEN 6 WHEN 'MAP' THEN 7 END,
    r.clock,
    CASE r.data_type WHEN 'SCALAR' THEN 0 WHEN 'FORMULA' THEN 1 WHEN 'DISTRIBUTION' THEN 2
      WHEN 'REFERENCE' THEN 3 WHEN 'MORPHISM' THEN 4 WHEN 'VOID' THEN 5 END,
    r.raw, unhex(r.judged_by), o.id, r.sig, r.received_at
  FROM wide_records r LEFT JOIN threads t ON t.thread = r.thread
    LEFT JOIN names a ON a.name = r.actor LEFT JOIN names o ON o.name = r.origin
  ORDER BY r.seq;
DROP TABLE wide_records;
CREATE INDEX records_by_id ON records (id_start);
CREATE INDEX records_by_thread ON records (thread);
CREATE INDEX records_by_actor ON records (actor);
CREATE INDEX records_by_both ON records (thread, actor);
CREATE INDEX records_by_clock ON records (thread, actor, clock);
`,
  // JSON of a `Reach`; null: everywhere.
  `
ALTER TABLE service_accounts ADD COLUMN reach TEXT;
ALTER TABLE tokens ADD COLUMN reach TEXT;
ALTER TABLE invites ADD COLUMN reach TEXT;
`,
  // 1 is the namespace that is there without a record; others have the place of the record that made them, and one more. Threads are in
  // `default` so far, those of the daemon itself nowhere: 0. An index by namespace ends with the record's number, as all do. That of
  // actors has the namespaces too, so that a reader of some of them does not go through the others.
  `
CREATE TABLE namespaces (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT,
  created_at INTEGER,
  archived_at INTEGER
) STRICT;
INSERT INTO namespaces (id, name) VALUES (1, 'default');

ALTER TABLE threads ADD COLUMN namespace INTEGER NOT NULL DEFAULT 1;
UPDATE threads SET namespace = 0 WHERE thread GLOB 'th_audit_*' OR thread IN ('th_service_accounts',
  'th_engine_config', 'th_federation_pairs', 'th_consent', 'th_namespace_registry');
CREATE INDEX threads_by_namespace ON threads (namespace);

ALTER TABLE records ADD COLUMN namespace INTEGER NOT NULL DEFAULT 1;
UPDATE records SET namespace = 0 WHERE thread IN (SELECT first_seq FROM threads WHERE namespace = 0);
CREATE INDEX records_by_namespace ON records (namespace);
DROP INDEX records_by_actor;
CREATE INDEX records_by_actor ON records (actor, namespace);

CREATE TABLE namespace_sizes (
  namespace INTEGER PRIMARY KEY,
  threads INTEGER NOT NULL,
  records INTEGER NOT NULL
) STRICT;
INSERT INTO namespace_sizes SELECT namespace, count(*), sum(records) FROM threads GROUP BY namespace;
`,
  // For queries that name a time.
  `
CREATE INDEX records_by_time ON records (received_at);
`,
  // The text of such a record is what is left without its body; `left_hash` is its SHA-256, `noted_by` the id of the record that tells who
  // and why. `erased_at`: since when no file has the body.
  `
CREATE TABLE redactions (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
  body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
  left_hash BLOB NOT NULL CHECK (length(left_hash) = 32),
  noted_by BLOB NOT NULL CHECK (length(noted_by) = 32),
  redacted_at INTEGER NOT NULL,
  erased_at INTEGER
) STRICT;
CREATE INDEX redactions_unerased ON redactions (seq) WHERE erased_at IS NULL;
`,
]

/**
 * Brings the schema to the newest version, each step in a transaction of its own with its number.
 * Throws `StoreOpenError` `STORE_TOO_NEW` for a store that a newer `spl` wrote.
 */
export function migrate(database: Database): void {
  const found = database.pragma('user_version', { simple: true }) as number
  refuseNewer(found)
  for (let version = found; version < MIGRATIONS.length; version += 1) {
    database
      .transaction(() => {
        database.exec(MIGRATIONS[version] ?? '')
        if (version === 0) nameStore(database)
        database.pragma(`user_version = ${version + 1}`)
      })
      .immediate()
  }
  giveBackRoom(database, found > 0 && found < MIGRATIONS.length)
}

/** @throws StoreOpenError STORE_TOO_NEW for a schema that only a newer `spl` knows */
export function refuseNewer(schema: number, what = 'The store'): void {
  if (schema <= MIGRATIONS.length) return
  throw new StoreOpenError(
    'STORE_TOO_NEW',
    `${what} has schema ${schema}; this spl knows up to ${MIGRATIONS.length}`,
    'Run the newer spl that wrote it. To go back to a backup from before the upgrade: spl restore --force, which cannot say what you lose.',
  )
}

/** A step that makes a table anew leaves the old one's pages in the file; also if it was killed before they were given back. */
function giveBackRoom(database: Database, hasMigrated: boolean): void {
  const [free, pages] = ['freelist_count', 'page_count'].map((name) =>
    Number(database.pragma(name, { simple: true })),
  ) as [number, number]
  if (!hasMigrated && (free < LEAST_FREE_PAGES || free < pages / 4)) return
  // The first page of a table would keep rows that moved on from it.
  database.pragma('secure_delete = ON')
  try {
    database.exec('VACUUM')
    database.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // No room for it: the free pages stay in the file, and are used by what is written next.
    if (!isDatabaseError(error)) throw error
  }
}

/** 8 MiB: less is soon used again. */
const LEAST_FREE_PAGES = 1024

/** Draws the epoch, which is part of every cursor of this store. */
function nameStore(database: Database): void {
  database
    .prepare('INSERT INTO store (id, epoch, created_at) VALUES (1, ?, ?)')
    .run(randomBytes(8).toString('hex'), Date.now())
}
