import { hash } from 'node:crypto'
import { STORE_LIMITS } from './limits.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { Census } from './trouble/census.ts'
import { formatCursor, parseCursor } from './cursor.ts'
import { isDamage } from './trouble/store-trouble.ts'
import type { Statements } from './statements.ts'
import type { AccountRow, InviteRow, RecordRow, SettingRow, ThreadRow, TokenRow } from './rows.ts'
import type { StoredRecord } from './stored-record.ts'

/** Which records: all of them, those of a thread, of an actor, or of both. */
export interface RecordFilter {
  readonly thread?: string | undefined
  readonly actor?: string | undefined
}

/** One read of the log, in arrival order. */
interface RecordPage {
  readonly records: readonly StoredRecord[]
  /** Whether the read stopped at a limit: there may be more up to `upTo`. */
  readonly cut: boolean
}

/** Reads from a store. It has no way to write. */
export interface StoreReader {
  /** Identifies the store in every cursor. */
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
   * Records with `after < seq <= upTo`, at most `limit` and about `STORE_LIMITS.pageBytes`, at least one
   * if there is one. The read ends when this returns: an open one would pin the write-ahead log.
   */
  page(filter: RecordFilter, after: number, upTo: number, limit: number): RecordPage
  thread(name: string): ThreadRow | undefined
  /** Threads, newest first, that began before a sequence number. */
  threads(before: number, limit: number): readonly ThreadRow[]
  token(tokenId: string): TokenRow | undefined
  /** The one token whose id begins with these hex digits; undefined for none, and for several. */
  tokenThatBegins(digits: string): TokenRow | undefined
  /** In order of the records that made them, those after a sequence number; by default all. */
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

/** Tables that a token is read from. */
const TOKENS = ['tokens', 'service_accounts']

/** SQLite's word for no limit. */
const ALL = -1

/** What a reader needs from its store. */
export interface ReaderParts {
  readonly statements: Statements
  /** The newest sequence number: only the writer moves it. */
  readonly head: () => number
  /** The refusal for an error of SQLite. */
  readonly refusal: (error: unknown) => unknown
  /** The refusal of a row that is not what was written, or of a file with something missing. */
  readonly damaged: (what: string, of?: 'row' | 'file') => Error
  /** Counts the rows of the tables; without it, missing rows go unnoticed. */
  readonly census?: () => Pick<Census, 'fault' | 'faultNow'>
}

/** A reader over prepared statements. Errors of the file are thrown as `ProblemError` `STORE_…`. */
export function createReader({
  statements,
  head,
  refusal,
  damaged,
  census,
}: ReaderParts): StoreReader {
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

  /** Undefined also for an unreadable record: its place in the log stays valid. */
  function readableId(seq: number): string | undefined {
    try {
      return position.idAt(seq)?.toString('hex')
    } catch (error) {
      if (isDamage(error)) return undefined
      throw error
    }
  }

  function rowsOf(filter: RecordFilter, after: number, upTo: number, limit: number) {
    const { thread, actor } = filter
    if (thread !== undefined && actor !== undefined) {
      return statements.recordsOfBoth.iterate(thread, actor, after, upTo, limit)
    }
    if (thread !== undefined) return statements.recordsOfThread.iterate(thread, after, upTo, limit)
    if (actor !== undefined) return statements.recordsOfActor.iterate(actor, after, upTo, limit)
    return statements.recordsAfter.iterate(after, upTo, limit)
  }

  /** The hash of each record is computed again: a byte that changed on the disk must not pass as what was signed. */
  function toRecord(row: RecordRow): StoredRecord {
    const record = toStoredRecord(row)
    if (record === undefined || hash('sha256', record.raw, 'hex') !== record.id) {
      throw damaged(`record ${row[0]} is not what was written`)
    }
    return record
  }

  /**
   * Checks a page for missing records. Sequence numbers have no gaps, so a record that a damaged tree leaves out is
   * noticed. An index that leads to another thread's or actor's record is damaged too.
   */
  function gather(filter: RecordFilter, after: number, upTo: number, most: number): RecordPage {
    const isWhole = filter.thread === undefined && filter.actor === undefined
    if (!isWhole) refuseGaps('records')
    const records: StoredRecord[] = []
    let bytes = 0
    let last = after
    try {
      for (const row of rowsOf(filter, after, upTo, most)) {
        const record = toRecord(row)
        if (isWhole ? record.seq !== last + 1 : !isOf(record, filter)) throw missing(last + 1)
        last = record.seq
        records.push(record)
        bytes += record.raw.length
        if (bytes >= STORE_LIMITS.pageBytes) return { records, cut: true }
      }
      const cut = records.length === most
      if (isWhole && !cut && last < Math.min(upTo, head())) throw missing(last + 1)
      return { records, cut }
    } catch (error) {
      const refused = refusal(error)
      // What comes before it is fine; the next read begins at it.
      if (records.length > 0 && isDamage(refused)) return { records, cut: true }
      throw refused
    }
  }

  function missing(seq: number): Error {
    return damaged(`record ${seq} is not where it was written`, 'file')
  }

  /** The refusal of a page that begins with a damaged record. It says how to continue without it, for those who decide to. */
  function withWayPast(refused: unknown, after: number, upTo: number): unknown {
    if (!(refused instanceof ProblemError && isDamage(refused))) return refused
    const most = Math.min(upTo, head(), after + STORE_LIMITS.pageRecords)
    let seq = after + 1
    while (seq <= most && isSound(seq)) seq += 1
    if (seq > most) return refused
    while (seq < most && !isSound(seq + 1)) seq += 1
    const past = formatCursor(epoch, seq, readableId(seq) ?? '')
    const { code, message, detail } = refused
    const hint = `${detail.try ?? ''} To go on without it, on purpose: since=${past}`
    return new ProblemError(code, message, { ...detail, try: hint.trim() })
  }

  function isSound(seq: number): boolean {
    try {
      const row = statements.recordsAfter.get(seq - 1, seq, 1)
      const record = row && toStoredRecord(row)
      return record !== undefined && hash('sha256', record.raw, 'hex') === record.id
    } catch {
      return false
    }
  }

  /** Checks that the JSON columns of rows are JSON. */
  function sound<Row extends object>(row: Row): Row {
    for (const name of ['scopes', 'actors', 'value'] as const) {
      const text = (row as Readonly<Record<string, unknown>>)[name]
      if (text !== undefined && !isJson(text))
        throw damaged(`a row’s ${name} are not what was written`)
    }
    return row
  }

  /** Refuses a list from a table that has lost rows. */
  function refuseGaps(...tables: readonly string[]): void {
    for (const table of tables) {
      const fault = census?.().fault(table)
      // If an index leads to a row that the table lacks, SQLite reports an error, and the rows before it can be read.
      if (fault !== undefined && fault.tree !== 'records') throw damaged(fault.what, 'file')
    }
  }

  /** A row by its key. It is reported as missing only if the tables have lost no rows. */
  function one<Row extends object>(
    row: Row | undefined,
    ...tables: readonly string[]
  ): Row | undefined {
    if (row !== undefined) return sound(row)
    for (const table of tables) {
      const fault = census?.().faultNow(table)
      if (fault !== undefined) throw damaged(fault.what, 'file')
    }
    return undefined
  }

  /** All rows of a list, if its tables have lost none. */
  function all<Row extends object>(rows: readonly Row[], ...tables: readonly string[]) {
    refuseGaps(...tables)
    return rows.map(sound)
  }

  return {
    epoch,
    head,
    idAt: (seq) => position.idAt(seq)?.toString('hex'),
    cursorAt: (seq) => formatCursor(epoch, seq, readableId(seq) ?? ''),
    placeOf: (cursor) => parseCursor(cursor, { epoch, head: head(), idAt: readableId }),
    record: guarded((id) => {
      const row = statements.recordById.get(Buffer.from(id, 'hex'))
      return row === undefined ? undefined : toRecord(row)
    }),
    page: (filter, after, upTo, limit) => {
      try {
        return gather(filter, after, upTo, Math.min(limit, STORE_LIMITS.pageRecords))
      } catch (error) {
        throw withWayPast(error, after, upTo)
      }
    },
    thread: guarded((name) => one(statements.threadByName.get(name), 'threads')),
    threads: guarded((before, limit) =>
      all(statements.threadsBefore.all(before, limit), 'threads'),
    ),
    token: guarded((tokenId) => one(statements.tokenById.get(tokenId), ...TOKENS)),
    tokenThatBegins: guarded((digits) => {
      // By range, which the key's index answers; `g` comes after every hex digit.
      const [row, ...others] = statements.tokensBetween.all(digits, `${digits}g`)
      return others.length === 0 ? one(row, ...TOKENS) : undefined
    }),
    tokens: guarded((after = 0, limit = ALL) =>
      all(statements.tokens.all(after, limit), ...TOKENS),
    ),
    tokensOf: guarded((account, after = 0, limit = ALL) =>
      all(statements.tokensOfAccount.all(account, after, limit), ...TOKENS),
    ),
    liveTokens: guarded((now, limit) => all(statements.liveTokens.all(now, limit), ...TOKENS)),
    adminTokens: guarded((until) => all(statements.adminTokens.all(until), ...TOKENS)),
    account: guarded((id) => one(statements.accountById.get(id), 'service_accounts')),
    accounts: guarded((after = 0, limit = ALL) =>
      all(statements.accounts.all(after, limit), 'service_accounts'),
    ),
    invite: guarded((id) => one(statements.inviteById.get(id), 'invites')),
    invites: guarded((after = 0, limit = ALL) =>
      all(statements.invites.all(after, limit), 'invites'),
    ),
    settings: guarded(() => all(statements.settings.all(), 'settings')),
  }
}

function isOf(record: StoredRecord, { thread, actor }: RecordFilter): boolean {
  return (
    (thread === undefined || record.thread === thread) &&
    (actor === undefined || record.actor === actor)
  )
}

/** Undefined for a row with a column of a wrong type: SQLite checks types only on write. */
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
