import { STORE_LIMITS } from './limits.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { StoreReader } from './reader.ts'
import { wasRedacted } from './redaction/redact.ts'
import type { Statements } from './statements.ts'
import type { StoredRecord } from './stored-record.ts'

/** A promise that the same request, sent again, changes nothing (draft-ietf-httpapi-idempotency-key-header). */
export interface Once {
  /** The sender: keys of two senders are independent. */
  readonly holder: string
  readonly key: string
  /** 32 bytes: the request. The same key for another request is the sender's mistake. */
  readonly fingerprint: Buffer
}

/** The keys of the last day and the records that they made, in the records' transaction. */
export class IdempotencyKeys {
  readonly #statements: Statements
  readonly #reader: StoreReader

  constructor(statements: Statements, reader: StoreReader) {
    this.#statements = statements
    this.#reader = reader
  }

  /**
   * The record that an earlier request with this key made, if any. Throws `ProblemError`: `IDEMPOTENCY_KEY_REUSED`, and `RECORD_REDACTED`
   * for one whose body is gone, as without a key: an empty record would pass for what was sent.
   */
  recall({ holder, key, fingerprint }: Once): StoredRecord | undefined {
    const known = this.#statements.idempotencyKey.get(holder, key)
    if (known === undefined) return undefined
    if (!known.fingerprint.equals(fingerprint)) throw reused()
    const { record_seq: seq } = known
    const record = this.#reader.page({}, seq - 1, seq, 1).records[0]
    if (record?.redacted !== undefined) throw wasRedacted(record.id)
    return record
  }

  remember({ holder, key, fingerprint }: Once, seq: number): void {
    const now = Date.now()
    this.#statements.forgetIdempotencyKeys.run(now - STORE_LIMITS.idempotencyMs)
    this.#statements.insertIdempotencyKey.run(holder, key, fingerprint, seq, now)
  }
}

function reused(): ProblemError {
  return new ProblemError(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was used for another record',
    { try: 'Use a new key for each record, and the same one only to repeat a request unchanged.' },
  )
}
