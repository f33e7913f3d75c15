import { randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { StoreOpenError } from '../store-error.ts'

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
]

/**
 * Brings the schema to the newest version, each step in a transaction of its own with its number.
 * Throws `StoreOpenError` `STORE_TOO_NEW` for a store that a newer `spl` wrote.
 */
export function migrate(database: Database): void {
  const found = database.pragma('user_version', { simple: true }) as number
  if (found > MIGRATIONS.length) {
    throw new StoreOpenError(
      'STORE_TOO_NEW',
      `The store has schema ${found}; this spl knows up to ${MIGRATIONS.length}`,
      'Run the newer spl that wrote it, or restore a backup from before the upgrade.',
    )
  }
  for (let version = found; version < MIGRATIONS.length; version += 1) {
    database
      .transaction(() => {
        database.exec(MIGRATIONS[version] ?? '')
        if (version === 0) nameStore(database)
        database.pragma(`user_version = ${version + 1}`)
      })
      .immediate()
  }
}

/** Draws the epoch, which is part of every cursor of this store. */
function nameStore(database: Database): void {
  database
    .prepare('INSERT INTO store (id, epoch, created_at) VALUES (1, ?, ?)')
    .run(randomBytes(8).toString('hex'), Date.now())
}
