import type { DidKey } from '../../protocol/identity/did-key.ts'
import { hostnameOfObject, type Registration } from './registration.ts'

/** An invite that the admin has made. Its code is not here, only the hash of the code's nonce. */
export interface InviteEntry {
  readonly inviteId: string
  /** A hostname, or a pattern of one. */
  readonly hostname: string
  /** Unix time, seconds. */
  readonly createdAt: number
  readonly expiresAt: number
  /** Who has redeemed it, and for which hostname; null if it is still open. */
  readonly owner: string | null
  readonly joined: string | null
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS hostnames (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    hostname TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    since INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS invites (
    invite_id TEXT PRIMARY KEY,
    hostname TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    owner TEXT,
    joined TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS ending (object_name TEXT PRIMARY KEY) STRICT;
`

const INVITE_COLUMNS =
  'invite_id AS inviteId, hostname, created_at AS createdAt, expires_at AS expiresAt, owner, joined'

/** Who owns which hostname, which invites exist, and which objects must still be told that they have ended. */
export class RegistryBook {
  readonly #sql: SqlStorage

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql
    this.#sql.exec(TABLES)
  }

  /** All of them, at most `LIMITS.gatewayHostnames`. */
  registrations(): Registration[] {
    return this.#all<Registration>('SELECT serial, hostname, owner, since FROM hostnames')
  }

  /** The next ones by name. @param after hostname; empty for the first page */
  page(after: string, count: number): Registration[] {
    return this.#all<Registration>(
      'SELECT serial, hostname, owner, since FROM hostnames WHERE hostname > ? ORDER BY hostname LIMIT ?',
      after,
      count,
    )
  }

  registration(hostname: string): Registration | undefined {
    return this.#all<Registration>(
      'SELECT serial, hostname, owner, since FROM hostnames WHERE hostname = ?',
      hostname,
    )[0]
  }

  get hostnames(): number {
    return this.#count('SELECT count(*) AS count FROM hostnames')
  }

  register(hostname: string, owner: DidKey, since: number): void {
    this.#sql.exec(
      'INSERT INTO hostnames (hostname, owner, since) VALUES (?, ?, ?)',
      hostname,
      owner,
      since,
    )
  }

  /** Revokes the hostname and the open invites for it alone, and notes that its object must be told. */
  remove(hostname: string, objectName: string): void {
    this.#sql.exec('DELETE FROM hostnames WHERE hostname = ?', hostname)
    this.#sql.exec('DELETE FROM invites WHERE hostname = ? AND owner IS NULL', hostname)
    this.#sql.exec('INSERT OR IGNORE INTO ending (object_name) VALUES (?)', objectName)
  }

  /** Names of objects that must still be told that they have ended. */
  ending(): string[] {
    return this.#all<{ name: string }>('SELECT object_name AS name FROM ending').map(
      ({ name }) => name,
    )
  }

  /** Whether an object of an earlier owner of this hostname is among them. */
  isEnding(hostname: string): boolean {
    return this.ending().some((name) => hostnameOfObject(name) === hostname)
  }

  ended(objectName: string): void {
    this.#sql.exec('DELETE FROM ending WHERE object_name = ?', objectName)
  }

  /** Forgets invites that have expired. @param now Unix time, seconds */
  expireInvites(now: number): void {
    this.#sql.exec('DELETE FROM invites WHERE expires_at <= ?', now)
  }

  invites(): InviteEntry[] {
    return this.#all<InviteEntry>(
      `SELECT ${INVITE_COLUMNS} FROM invites ORDER BY created_at, invite_id`,
    )
  }

  invite(inviteId: string): InviteEntry | undefined {
    return this.#all<InviteEntry>(
      `SELECT ${INVITE_COLUMNS} FROM invites WHERE invite_id = ?`,
      inviteId,
    )[0]
  }

  get openInvites(): number {
    return this.#count('SELECT count(*) AS count FROM invites WHERE owner IS NULL')
  }

  addInvite({ inviteId, hostname, createdAt, expiresAt }: InviteEntry): void {
    this.#sql.exec(
      'INSERT INTO invites (invite_id, hostname, created_at, expires_at) VALUES (?, ?, ?, ?)',
      inviteId,
      hostname,
      createdAt,
      expiresAt,
    )
  }

  /** Uses up an invite. Only the newest redeemed ones are remembered; forgotten ones are refused too. */
  redeem(inviteId: string, owner: DidKey, hostname: string, kept: number): void {
    this.#sql.exec(
      'UPDATE invites SET owner = ?, joined = ? WHERE invite_id = ?',
      owner,
      hostname,
      inviteId,
    )
    this.#sql.exec(
      `DELETE FROM invites WHERE owner IS NOT NULL AND invite_id NOT IN
         (SELECT invite_id FROM invites WHERE owner IS NOT NULL ORDER BY rowid DESC LIMIT ?)`,
      kept,
    )
  }

  cancelInvite(inviteId: string): void {
    this.#sql.exec('DELETE FROM invites WHERE invite_id = ?', inviteId)
  }

  #all<Row>(query: string, ...bindings: (string | number)[]): Row[] {
    return this.#sql.exec(query, ...bindings).toArray() as Row[]
  }

  #count(query: string): number {
    return this.#all<{ count: number }>(query)[0]?.count ?? 0
  }
}
