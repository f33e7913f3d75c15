import { hash } from 'node:crypto'
import { DAEMON_LIMITS } from '../config/limits.ts'
import { formatCursor, parseCursor } from './cursor.ts'
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
  /** The id of the record at a sequence number, 64 hex digits. */
  idAt(seq: number): string | undefined
  /** The cursor for everything up to and including a sequence number. */
  cursorAt(seq: number): string
  /** The sequence number of a cursor. Throws `ProblemError`: see `parseCursor`. */
  placeOf(cursor: string): number
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
  /** In order of the records that made them, those after a sequence number. All of them, if nothing is said. */
  tokens(after?: number, limit?: number): readonly TokenRow[]
  tokensOf(account: string, after?: number, limit?: number): readonly TokenRow[]
  /** Tokens that are neither revoked nor expired at `now` (Unix seconds), the oldest first. */
  liveTokens(now: number, limit: number): readonly TokenRow[]
  /** Tokens with the scope `admin` that are not revoked and do not expire before `until` (Unix seconds). */
  adminTokens(until: number): readonly TokenRow[]
  account(id: string): AccountRow | undefined
  accounts(after?: number, limit?: number): readonly AccountRow[]
  invite(id: string): InviteRow | undefined
  invites(after?: number, limit?: number): readonly InviteRow[]
  settings(): readonly SettingRow[]
}

/** SQLite's word for no limit. */
const ALL = -1

/** What a reader needs of its store. */
export interface ReaderParts {
  readonly statements: Statements
  /** The newest sequence number: only the writer moves it. */
  readonly head: () => number
  /** The refusal that an error of SQLite becomes. */
  readonly refusal: (error: unknown) => unknown
  /** The refusal of a row that is not what was written. */
  readonly damaged: (what: string) => Error
}

/** A reader over prepared statements. Whatever goes wrong with the file is thrown as `ProblemError` `STORE_…`. */
export function createReader({ statements, head, refusal, damaged }: ReaderParts): StoreReader {
  function guarded<Parameters extends unknown[], Result>(
    read: (...parameters: Parameters) => Result,
  ): (...parameters: Parameters) => Result {
    return (...parameters) => {
      try {
        return read(...parameters)
      } catch (error) {
        throw refusal(error)
      }
    }
  }

  const epoch = guarded(() => statements.epoch.get() ?? '')()
  const position = { epoch, idAt: guarded((seq: number) => statements.idAt.get(seq)) }

  function rowsOf(filter: RecordFilter, after: number, upTo: number, limit: number) {
    const { thread, actor } = filter
    if (thread !== undefined && actor !== undefined) {
      return statements.recordsOfBoth.iterate(thread, actor, after, upTo, limit)
    }
    if (thread !== undefined) return statements.recordsOfThread.iterate(thread, after, upTo, limit)
    if (actor !== undefined) return statements.recordsOfActor.iterate(actor, after, upTo, limit)
    return statements.recordsAfter.iterate(after, upTo, limit)
  }

  /** The hash of each record is computed anew: a byte that changed on the disk must not be handed out as what was signed. */
  function toRecord(row: RecordRow): StoredRecord {
    const record = toStoredRecord(row)
    if (record === undefined || hash('sha256', record.raw, 'hex') !== record.id) {
      throw damaged(`record ${row[0]} is not what was written`)
    }
    return record
  }

  /** Rows of tables whose JSON is JSON. */
  function sound<Row extends object>(row: Row): Row {
    for (const name of ['scopes', 'actors', 'value'] as const) {
      const text = (row as Readonly<Record<string, unknown>>)[name]
      if (text !== undefined && !isJson(text))
        throw damaged(`a row’s ${name} are not what was written`)
    }
    return row
  }

  function one<Row extends object>(row: Row | undefined): Row | undefined {
    return row && sound(row)
  }

  return {
    epoch,
    head,
    idAt: (seq) => position.idAt(seq)?.toString('hex'),
    cursorAt: (seq) => formatCursor(epoch, seq, position.idAt(seq)?.toString('hex') ?? ''),
    placeOf: (cursor) =>
      parseCursor(cursor, {
        epoch,
        head: head(),
        idAt: (seq) => position.idAt(seq)?.toString('hex'),
      }),
    record: guarded((id) => {
      const row = statements.recordById.get(Buffer.from(id, 'hex'))
      return row === undefined ? undefined : toRecord(row)
    }),
    page: guarded((filter, after, upTo, limit) => {
      const most = Math.min(limit, DAEMON_LIMITS.pageRecords)
      const records: StoredRecord[] = []
      let bytes = 0
      for (const row of rowsOf(filter, after, upTo, most)) {
        const record = toRecord(row)
        records.push(record)
        bytes += record.raw.length
        if (bytes >= DAEMON_LIMITS.pageBytes) return { records, cut: true }
      }
      return { records, cut: records.length === most }
    }),
    thread: guarded((name) => statements.threadByName.get(name)),
    threads: guarded((before, limit) => statements.threadsBefore.all(before, limit)),
    token: guarded((tokenId) => one(statements.tokenById.get(tokenId))),
    tokenThatBegins: guarded((digits) => {
      // By range, which the key's index answers; `g` comes after every hex digit.
      const [row, ...others] = statements.tokensBetween.all(digits, `${digits}g`)
      return others.length === 0 ? row : undefined
    }),
    tokens: guarded((after = 0, limit = ALL) => statements.tokens.all(after, limit).map(sound)),
    tokensOf: guarded((account, after = 0, limit = ALL) =>
      statements.tokensOfAccount.all(account, after, limit).map(sound),
    ),
    liveTokens: guarded((now, limit) => statements.liveTokens.all(now, limit).map(sound)),
    adminTokens: guarded((until) => statements.adminTokens.all(until).map(sound)),
    account: guarded((id) => one(statements.accountById.get(id))),
    accounts: guarded((after = 0, limit = ALL) => statements.accounts.all(after, limit).map(sound)),
    invite: guarded((id) => one(statements.inviteById.get(id))),
    invites: guarded((after = 0, limit = ALL) => statements.invites.all(after, limit).map(sound)),
    settings: guarded(() => statements.settings.all().map(sound)),
  }
}

/** Undefined for a row whose columns are not of their types: SQLite checks them when they are written alone. */
function toStoredRecord(row: RecordRow): StoredRecord | undefined {
  const [seq, id, thread, actor, raw, judgedBy, origin, sig] = row
  const isWhole =
    Buffer.isBuffer(id) &&
    Buffer.isBuffer(sig) &&
    [thread, actor, raw, origin].every((text) => typeof text === 'string')
  if (!isWhole) return undefined
  return { seq, id: id.toString('hex'), thread, actor, raw, judgedBy, origin, sig }
}

function isJson(text: unknown): boolean {
  try {
    return typeof text === 'string' && JSON.parse(text) !== undefined
  } catch {
    return false
  }
}
