import type { Scope } from '../../protocol/scopes.ts'
import { DAEMON_LIMITS } from '../config/limits.ts'
import type {
  AccountRow,
  InviteRow,
  RecordRow,
  SettingRow,
  Statements,
  ThreadRow,
  TokenRow,
} from './statements.ts'
import type { StoredRecord } from './stored-record.ts'

/** Which records: all of them, those of a thread, of an actor, or of both. */
export interface RecordFilter {
  readonly thread?: string | undefined
  readonly actor?: string | undefined
}

/** One read of the log, in arrival order. */
interface RecordPage {
  readonly records: readonly StoredRecord[]
  /** Whether the read stopped at one of its bounds: there may be more up to `upTo`. */
  readonly cut: boolean
}

/** What may be read from a store. There is no way to write from here. */
export interface StoreReader {
  /** Names the store in every cursor. */
  readonly epoch: string
  /** The newest sequence number, 0 when empty. */
  head(): number
  /** `id` is 64 hex digits. */
  record(id: string): StoredRecord | undefined
  /**
   * Records with `after < seq <= upTo`, at most `limit` and about `DAEMON_LIMITS.pageBytes`, at least one
   * if there is one. The read is over when it returns: an open one would pin the write-ahead log.
   */
  page(filter: RecordFilter, after: number, upTo: number, limit: number): RecordPage
  thread(name: string): ThreadRow | undefined
  /** Threads, newest first, that began before a sequence number. */
  threads(before: number, limit: number): readonly ThreadRow[]
  token(tokenId: string): TokenRow | undefined
  /** The one token whose id begins with these hex digits; undefined for none, and for several. */
  tokenThatBegins(digits: string): TokenRow | undefined
  tokens(): readonly TokenRow[]
  tokensOf(account: string): readonly TokenRow[]
  /** Tokens that are neither revoked nor expired at `now` (Unix seconds), the oldest first. */
  liveTokens(now: number, limit: number): readonly TokenRow[]
  /** Tokens with a scope that are not revoked and do not expire before `until` (Unix seconds). */
  tokensWith(scope: Scope, until: number): readonly TokenRow[]
  account(id: string): AccountRow | undefined
  accounts(): readonly AccountRow[]
  invite(id: string): InviteRow | undefined
  invites(): readonly InviteRow[]
  settings(): readonly SettingRow[]
}

/** A reader over prepared statements. `head` comes from the writer, who alone moves it. */
export function createReader(statements: Statements, head: () => number): StoreReader {
  const epoch = statements.epoch.get() ?? ''

  function rowsOf(filter: RecordFilter, after: number, upTo: number, limit: number) {
    const { thread, actor } = filter
    if (thread !== undefined && actor !== undefined) {
      return statements.recordsOfBoth.iterate(thread, actor, after, upTo, limit)
    }
    if (thread !== undefined) return statements.recordsOfThread.iterate(thread, after, upTo, limit)
    if (actor !== undefined) return statements.recordsOfActor.iterate(actor, after, upTo, limit)
    return statements.recordsAfter.iterate(after, upTo, limit)
  }

  return {
    epoch,
    head,
    record(id) {
      const row = statements.recordById.get(Buffer.from(id, 'hex'))
      return row === undefined ? undefined : toStoredRecord(row)
    },
    page(filter, after, upTo, limit) {
      const most = Math.min(limit, DAEMON_LIMITS.pageRecords)
      const records: StoredRecord[] = []
      let bytes = 0
      for (const row of rowsOf(filter, after, upTo, most)) {
        const record = toStoredRecord(row)
        records.push(record)
        bytes += record.raw.length
        if (bytes >= DAEMON_LIMITS.pageBytes) return { records, cut: true }
      }
      return { records, cut: records.length === most }
    },
    thread: (name) => statements.threadByName.get(name),
    threads: (before, limit) => statements.threadsBefore.all(before, limit),
    token: (tokenId) => statements.tokenById.get(tokenId),
    tokenThatBegins(digits) {
      // By range, which the key's index answers; `g` comes after every hex digit.
      const [row, ...others] = statements.tokensBetween.all(digits, `${digits}g`)
      return others.length === 0 ? row : undefined
    },
    tokens: () => statements.tokens.all(),
    tokensOf: (account) => statements.tokensOfAccount.all(account),
    liveTokens: (now, limit) => statements.liveTokens.all(now, limit),
    tokensWith: (scope, until) => statements.tokensWith.all(until, scope),
    account: (id) => statements.accountById.get(id),
    accounts: () => statements.accounts.all(),
    invite: (id) => statements.inviteById.get(id),
    invites: () => statements.invites.all(),
    settings: () => statements.settings.all(),
  }
}

function toStoredRecord(row: RecordRow): StoredRecord {
  const [seq, id, thread, actor, raw, judgedBy, origin, sig] = row
  return { seq, id: id.toString('hex'), thread, actor, raw, judgedBy, origin, sig }
}
