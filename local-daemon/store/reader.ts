import type { Census } from './trouble/census.ts'
import { formatCursor, parseCursor } from './cursor.ts'
import { createRecordPages, type RecordFilter, type RecordPage } from './record-pages.ts'
import { EVERYTHING, sees, type Sight } from './sight.ts'
import type { Reach } from '../../protocol/identity/reach.ts'
import { createReachPlaces } from './reach-places.ts'
import { ID_START_DIGITS } from './to-stored-record.ts'
import { createSoundRows } from './sound-rows.ts'
import { isDamage } from './trouble/store-trouble.ts'
import type { Statements } from './statements.ts'
import type {
  AccountRow,
  InviteRow,
  NamespaceRow,
  SettingRow,
  ThreadRow,
  TokenRow,
} from './rows.ts'
import type { StoredRecord } from './stored-record.ts'

/** Reads from a store. It has no way to write. */
export interface StoreReader {
  /** Identifies the store in every cursor. */
  readonly epoch: string
  /** The newest sequence number, 0 when empty; within a reach, if one is given. */
  head(reach?: Reach): number
  /** The cursor for everything up to and including a sequence number. */
  cursorAt(seq: number): string
  /** The sequence number of a cursor. Throws `ProblemError`: see `parseCursor`. */
  placeOf(cursor: string): number
  /** `id` is 64 hex digits. */
  record(id: string, sight?: Sight): StoredRecord | undefined
  /** The sequence numbers of those ids that are here already, by one query. Ids are 64 lower-case hex digits. */
  known(ids: readonly string[]): ReadonlyMap<string, number>
  /** The highest clock of an actor on a thread, -1 if there is none. */
  lastClock(thread: string, actor: string): number
  /**
   * Records with `after < seq <= upTo`, at most `limit` and about `STORE_LIMITS.pageBytes`, at least one
   * if there is one. The read ends when this returns: an open one would pin the write-ahead log.
   */
  page(filter: RecordFilter, after: number, upTo: number, limit: number): RecordPage
  thread(name: string): ThreadRow | undefined
  /** Undefined for a thread that does not exist, and for one of the daemon itself. */
  namespaceOf(thread: string): string | undefined
  /**
   * Threads, newest first, that began before a sequence number, of those that a reader may see.
   * @param namespace only those in it and below it
   */
  threads(before: number, limit: number, sight?: Sight, namespace?: string): readonly ThreadRow[]
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
  namespace(name: string): NamespaceRow | undefined
  /** In order of the records that made them, `default` first with -1 for `after`. */
  namespaces(after: number, limit: number): readonly NamespaceRow[]
  /** Whether there are more namespaces than so many. */
  hasNamespacesBeyond(count: number): boolean
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
  const idStartAt = guarded((seq: number) => statements.idStartAt.get(seq)?.toString('hex'))

  /** Undefined also for an unreadable record: its place in the log stays valid. */
  function readableId(seq: number): string | undefined {
    try {
      return idStartAt(seq)
    } catch (error) {
      if (isDamage(error)) return undefined
      throw error
    }
  }

  const cursorAt = (seq: number) => formatCursor(epoch, seq, readableId(seq) ?? '')
  const { one, all, refuseGaps } = createSoundRows({ damaged, census })
  const places = createReachPlaces(statements)
  function namespaceOf(thread: string): string | undefined {
    return statements.namespaceOfThread.get(thread)?.name ?? undefined
  }

  const { page, record, known } = createRecordPages({
    statements,
    head,
    cursorAt,
    refusal,
    damaged,
    refuseGaps,
    places,
    namespaceOf,
  })

  return {
    epoch,
    head: guarded((reach) => (reach === undefined ? head() : places.head(reach))),
    cursorAt,
    placeOf: (cursor) => parseCursor(cursor, { epoch, head: head(), idStartAt: readableId }),
    record: guarded((id, sight = EVERYTHING) => {
      if (sight.reach !== undefined) {
        const threads = statements.threadsById.all(Buffer.from(id.slice(0, ID_START_DIGITS), 'hex'))
        if (!threads.some((thread) => sees(sight, thread, namespaceOf))) return undefined
      }
      const found = record(id)
      return found !== undefined && sees(sight, found.thread, namespaceOf) ? found : undefined
    }),
    known: guarded(known),
    lastClock: guarded((thread, actor) => statements.lastClock.get(thread, actor) ?? -1),
    page,
    thread: guarded((name) => one(statements.threadByName.get(name), 'threads')),
    namespaceOf: guarded(namespaceOf),
    threads: guarded((before, limit, sight = EVERYTHING, namespace = undefined) => {
      const reach = namespace === undefined ? sight.reach : places.within(sight.reach, namespace)
      if (reach !== undefined) return all(places.threads(reach, before, limit), 'threads')
      const rows: ThreadRow[] = []
      for (const row of statements.threadsBefore.iterate(before, ALL)) {
        if (rows.length === limit) break
        if (sees(sight, row.thread, namespaceOf)) rows.push(row)
      }
      return all(rows, 'threads')
    }),
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
    namespace: guarded((name) => one(statements.namespaceByName.get(name), 'namespaces')),
    namespaces: guarded((after, limit) =>
      all(statements.namespaces.all(after, limit), 'namespaces'),
    ),
    hasNamespacesBeyond: guarded((count) => statements.namespaceAfter.get(count) !== undefined),
  }
}
