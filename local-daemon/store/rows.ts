/** What `toStoredRecord` makes a record of. */
export type RecordRow = readonly [
  seq: number,
  /** The first 8 bytes of the id; all of it is the hash of `raw`. */
  idStart: Buffer,
  raw: string,
  /** 32 bytes. */
  judgedBy: Buffer | null,
  origin: string | null,
  sig: Buffer,
]

/** A record whose body was taken out. Hashes and ids are 32 bytes, times Unix milliseconds. */
export interface RedactionRow {
  readonly seq: number
  readonly id: Buffer
  /** Of the canonical body. */
  readonly body_hash: Buffer
  /** Of the text that is left. */
  readonly left_hash: Buffer
  /** The id of the record that tells who and why. */
  readonly noted_by: Buffer
  readonly redacted_at: number
  /** Since when no file has the body; null while one may. */
  readonly erased_at: number | null
}

export interface ThreadRow {
  readonly first_seq: number
  readonly thread: string
  readonly records: number
  readonly last_seq: number
  readonly first_received_at: number
  readonly last_received_at: number
  readonly first_act: string
  readonly goal: string | null
  /** Its number; 0 for threads of the daemon itself. */
  readonly namespace: number
  /** Its name; null for threads of the daemon itself. */
  readonly namespace_name: string | null
}

/** A token with the fields of its account. Scopes and actors are JSON arrays; times are Unix seconds. */
export interface TokenRow {
  readonly token_id: string
  readonly account: string
  readonly env: string
  readonly scopes: string
  /** JSON of a `Reach`; null: everywhere. */
  readonly reach: string | null
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
  /** JSON of a `Reach`; null: everywhere. */
  readonly reach: string | null
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
  /** JSON of a `Reach`; null: everywhere. */
  readonly reach: string | null
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

export interface NamespaceRow {
  /** One more than the sequence number of the record that made it; 1 for `default`. */
  readonly id: number
  readonly name: string
  readonly description: string | null
  /** Unix time, seconds; null for `default`, which is always there. */
  readonly created_at: number | null
  readonly archived_at: number | null
  readonly record_seq: number
  /** In itself, without what is below it. */
  readonly threads: number
  readonly records: number
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
