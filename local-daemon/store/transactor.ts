import type { KeyObject } from 'node:crypto'
import { ACTS, DATA_TYPES } from '../../protocol/records/record-form.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { type RecordDraft, type SealedRecord, sealRecord } from './draft.ts'
import {
  type Brought,
  namespaceAsWritten,
  namespaceToWrite,
  placementOf,
} from './namespaces/thread-namespace.ts'
import { placementDraft } from './namespaces/placement.ts'
import type { Once } from './idempotency.ts'
import type { StoreReader } from './reader.ts'
import { redact, type RedactionNote, type RedactResult, wasRedacted } from './redaction/redact.ts'
import type { Statements } from './statements.ts'
import { ID_START_DIGITS } from './to-stored-record.ts'
import type { StoredRecord } from './stored-record.ts'
import { Tally, upsertThread } from './transaction/tally.ts'

/** The signer of what this store accepts first. */
export interface LocalOrigin {
  readonly did: string
  sign(bytes: Uint8Array): Uint8Array
  /** For threads of this process that sign many at once: a handle, of which no thread sees the bytes. */
  readonly key: KeyObject
}

/** A record with the proof of who accepted it first. The signature was verified. */
export interface ProvenRecord {
  readonly sealed: SealedRecord
  /** A did:key. */
  readonly origin: string
  /** 64 bytes. */
  readonly sig: Buffer
  /** Where whoever brings it says that its thread is; undefined if nobody does. */
  readonly namespace: string | undefined
}

export interface AppendResult {
  readonly record: StoredRecord
  /** False if the same record was there already. */
  readonly created: boolean
}

/** What an append of the store does besides. */
export interface AppendOptions {
  /** May refuse it first, also a repeated one. It must not wait. */
  readonly admit?: ((tx: StoreTransactor) => void) | undefined
  /** Makes the append repeatable: see `Once`. Then also `IDEMPOTENCY_KEY_REUSED`. */
  readonly once?: Once | undefined
  /** May refuse it, by what the store has in that transaction; then nothing is written. It must not wait. */
  readonly guard?: ((tx: StoreTransactor) => void) | undefined
  /** Further work for the same transaction, skipped for a repeated append. */
  readonly also?: ((tx: StoreTransactor, result: AppendResult) => void) | undefined
}

/** What is possible inside a transaction, and only there. */
export interface StoreTransactor extends StoreReader {
  /**
   * Appends a local record: signs it, gives it the next sequence number, and updates its thread. Throws
   * `ProblemError` `CLOCK_CONFLICT` if `(thread, actor, clock)` holds another record, `STORE_CEILING_REACHED` if the store
   * is as large as it may be, `RECORD_REDACTED` if it is one whose body was taken out, or as `namespaceToWrite`, before
   * anything is written, so that the rest of the transaction can continue.
   * @param sig this store's signature, if it was made before
   */
  append(draft: RecordDraft | SealedRecord, sig?: Uint8Array): AppendResult
  /**
   * Appends a record that was accepted elsewhere, or here before. It keeps its origin and signature; with the
   * `(thread, actor, clock)` of another one it is kept beside it, as a fork. Throws `STORE_CEILING_REACHED` and
   * `RECORD_REDACTED` as `append`, and as `namespaceToWrite`.
   */
  admit(record: ProvenRecord): AppendResult
  /**
   * Takes the body out of a record for good, and appends the note that `noteOf` makes. Throws `ProblemError`
   * `NOT_FOUND`, `THREAD_RESERVED`.
   * @param id 64 hex digits
   */
  redact(id: string, noteOf: RedactionNote): RedactResult
  /** Statements of the tables that are made from records. */
  readonly tables: FoldStatements
  /** Runs after the commit; without a commit it does not run. */
  onCommit(effect: () => void): void
}

export type FoldStatements = Pick<
  Statements,
  | 'insertAccount'
  | 'revokeAccount'
  | 'insertToken'
  | 'revokeToken'
  | 'touchToken'
  | 'insertInvite'
  | 'redeemInvite'
  | 'revokeInvite'
  | 'upsertSetting'
  | 'insertNamespace'
  | 'changeNamespace'
  | 'namespaceByName'
  | 'clearTokens'
  | 'clearAccounts'
  | 'clearInvites'
  | 'clearSettings'
  | 'clearNamespaces'
>

/**
 * Updates tables with a record of one thread, in the transaction that appends it. Also used from the first to
 * the last record for a rebuild, so that both ways give the same tables.
 */
export interface Fold {
  readonly thread: string
  apply(tables: FoldStatements, record: StoredRecord): void
}

/** What the store shares with the transactors it makes. */
export interface TransactorParts {
  readonly statements: Statements
  readonly reader: StoreReader
  readonly origin: LocalOrigin
  readonly folds: readonly Fold[]
  /** Takes the next sequence number; rolled back by the store if the transaction is. */
  nextSeq(): number
  readonly appended: StoredRecord[]
  /** Ids of records that must not come, whether they are here or not. */
  readonly withheld: ReadonlySet<string>
  /** Throws `ProblemError` `STORE_CEILING_REACHED` if a record of so many bytes does not fit. */
  refuseGrowth(thread: string, bytes: number): void
  onCommit(effect: () => void): void
  /** A body was taken out: after the commit the files have to be cleared of it. @param before with the body */
  onRedacted(before: StoredRecord): void
}

/** @returns also what is called before the commit, and only by whoever began the transaction */
export function createTransactor(
  parts: TransactorParts,
): StoreTransactor & { writeCounts(): void } {
  const { statements, reader, origin, folds } = parts
  const tally = new Tally(statements)

  function insert(
    { sealed, origin: did, sig }: Omit<ProvenRecord, 'namespace'>,
    brought?: Brought,
  ): AppendResult {
    const { record, preimage, id } = sealed
    const { thread, actor, act, clock, data_type, judged_by } = record
    const namespace = namespaceFor(record, brought)
    const seq = parts.nextSeq()
    const now = Date.now()
    const stored = { seq, id, thread, actor, raw: preimage, judgedBy: judged_by, origin: did, sig }
    statements.insertRecord.run(
      seq,
      Buffer.from(id.slice(0, ID_START_DIGITS), 'hex'),
      tally.count(record, { seq, receivedAt: now, namespace, stated: brought?.namespace }),
      tally.numberOf(actor),
      ACTS.indexOf(act),
      clock,
      DATA_TYPES.indexOf(data_type),
      preimage,
      judged_by === null ? null : Buffer.from(judged_by, 'hex'),
      tally.numberOf(did),
      sig,
      now,
      namespace,
    )
    for (const fold of folds) {
      if (fold.thread !== thread) continue
      fold.apply(statements, stored)
      // A namespace may be closed now.
      tally.write()
    }
    parts.appended.push(stored)
    return { record: stored, created: true }
  }

  function namespaceFor(record: SealedRecord['record'], brought?: Brought): number {
    const known = Object.hasOwn(record.body, 'namespace')
      ? undefined
      : tally.namespaceOf(record.thread, brought?.namespace)
    return known ?? namespaceToWrite(statements, reader, record, brought)
  }

  /** Notes where a record begins its thread, if it does not say so itself. Throws as `namespaceToWrite`, before anything is written. */
  function place(record: SealedRecord['record'], brought: Brought): void {
    if (tally.namespaceOf(record.thread) !== undefined) return
    const placement = placementOf(statements, record, brought)
    if (placement === undefined) return
    namespaceToWrite(statements, reader, record, brought)
    note(placementDraft(origin.did, placement))
  }

  /** Whether its actor has no record on its thread with this clock or a higher one: then it is not here, and nowhere redacted. */
  function isAhead({ id, record: { thread, actor, clock } }: SealedRecord): boolean {
    return clock > tally.lastClock(thread, actor) && !parts.withheld.has(id)
  }

  /** The same record, if it is here. It cannot come back if its body was taken out, also of another store of this home. */
  function existing(id: string): StoredRecord | undefined {
    const record = reader.record(id)
    if (record?.redacted !== undefined || (record === undefined && parts.withheld.has(id)))
      throw wasRedacted(id)
    return record
  }

  function append(draft: RecordDraft | SealedRecord, made?: Uint8Array): AppendResult {
    const sealed = 'id' in draft ? draft : sealRecord(withClock(draft, tally))
    const { thread, actor, clock } = sealed.record
    if (!isAhead(sealed)) {
      const before = existing(sealed.id)
      if (before !== undefined) return { record: before, created: false }
      if (statements.clockTaken.get(thread, actor, clock) !== undefined) {
        throw clockConflict(clock, tally.lastClock(thread, actor))
      }
    }
    parts.refuseGrowth(thread, sealed.preimage.length)
    const sig = Buffer.from(made ?? origin.sign(Buffer.from(sealed.preimage)))
    return insert({ sealed, origin: origin.did, sig })
  }

  function note(draft: RecordDraft): StoredRecord {
    return append(draft).record
  }

  return {
    ...reader,
    lastClock: (thread, actor) => tally.lastClock(thread, actor),
    tables: statements,
    writeCounts: () => tally.write(),
    onCommit: parts.onCommit,
    append,
    admit(record) {
      const { id, preimage, record: fields } = record.sealed
      const before = isAhead(record.sealed) ? undefined : existing(id)
      if (before !== undefined) return { record: before, created: false }
      parts.refuseGrowth(fields.thread, preimage.length)
      place(fields, record)
      return insert(record, record satisfies Brought)
    },
    redact(id, noteOf) {
      const before = reader.record(id)
      const result = redact({ statements, reader, note }, id, noteOf)
      if (result.created && before !== undefined) parts.onRedacted(before)
      return result
    },
  }
}

function withClock(draft: RecordDraft, tally: Tally) {
  if (draft.clock !== undefined) return { ...draft, clock: draft.clock }
  const last = tally.lastClock(draft.thread, draft.actor)
  if (last >= Number.MAX_SAFE_INTEGER) {
    throw new ProblemError('INVALID_RECORD', 'The last clock of this thread and actor is taken', {
      field: 'clock',
      try: 'Use another thread or actor, or name an unused clock.',
    })
  }
  return { ...draft, clock: last + 1 }
}

function clockConflict(clock: number, last: number): ProblemError {
  return new ProblemError(
    'CLOCK_CONFLICT',
    `This actor has another record with clock ${clock} on this thread`,
    { field: 'clock', try: freeClock(last) },
  )
}

function freeClock(last: number): string {
  if (last >= Number.MAX_SAFE_INTEGER)
    return 'Use another thread or actor, or a lower clock that is unused.'
  if (last >= LIMITS.recordClock)
    return 'Leave clock out to take the next one, or name a lower one that is unused.'
  return `Use clock ${last + 1}, or leave clock out to take the next one.`
}

/**
 * Updates the row of a record's thread, as its append did. Returns the number of its namespace.
 *
 * @param placed where a `Placement` has said that the thread is
 */
export function upsertThreadOf(
  statements: Pick<
    Statements,
    'upsertThread' | 'addToNamespace' | 'namespaceOfThread' | 'namespaceByName'
  >,
  { seq, raw }: StoredRecord,
  receivedAt: number,
  placed?: string,
): number {
  const fields = JSON.parse(raw) as Pick<SealedRecord['record'], 'thread' | 'act' | 'body'>
  const namespace = namespaceAsWritten(statements, fields, placed)
  upsertThread(statements, fields, { seq, receivedAt, namespace })
  return namespace
}
