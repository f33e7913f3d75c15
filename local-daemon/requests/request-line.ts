import type { Via } from '../access/via.ts'

/**
 * How an answer ended. `whole`: sent completely. `cancelled`: the client left first. `failed`: the
 * daemon could not finish it and cut it.
 */
export type Outcome = 'whole' | 'cancelled' | 'failed'

/** What is kept of one answered request: a closed list of fields, without query and body; secrets in the path are masked (mask-secrets.ts). */
export interface RequestLine {
  /** When the request came, Unix time in milliseconds. */
  readonly time: number
  readonly request_id: string
  readonly via: Via
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The route's pattern, or `unmatched`. */
  readonly route: string
  readonly status: number
  readonly outcome: Outcome
  /** From the request's head to the end of its answer. */
  readonly duration_ms: number
  /** Bytes read of the request's body. */
  readonly bytes_in: number
  /** Bytes sent of the answer's body. */
  readonly bytes_out: number
  /** A service account's id, `owner`, `unchecked` (loopback without bearers), or `anonymous`. */
  readonly account: string
  /** The DID in the header X-Syncropel-Actor, if it was allowed. */
  readonly actor: string | null
}
