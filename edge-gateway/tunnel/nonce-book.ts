import { LIMITS } from '../../protocol/limits.ts'
import type { VerifiedProof } from '../../protocol/connect-proof.ts'

/**
 * Burned nonces of connect proofs. Kept for as long as their proof could still pass the clock check;
 * checked and burned without an await between, so that two copies of a proof cannot both win.
 */
export class NonceBook {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT',
    )
  }

  /** False when the nonce was burned before. */
  burn({ nonce, created }: VerifiedProof): boolean {
    const sql = this.#storage.sql
    const now = Math.floor(Date.now() / 1000)
    sql.exec('DELETE FROM nonces WHERE expires < ?', now)
    const { rowsWritten } = sql.exec(
      'INSERT INTO nonces (nonce, expires) VALUES (?, ?) ON CONFLICT DO NOTHING',
      nonce,
      created + 2 * LIMITS.proofSkewSeconds,
    )
    return rowsWritten > 0
  }
}
