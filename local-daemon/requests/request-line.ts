import type { Via } from '../access/via.ts'

/**
 * How an answer ended. `whole`: all of it was handed on. `cancelled`: whoever asked went away before. `failed`: the
 * daemon could not finish it, and cut it.
 */
export type Outcome = 'whole' | 'cancelled' | 'failed'

/** What is kept of one answered request. No query, no header, no body: nothing secret has a place in it. */
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
  /** Bytes of the request's body that were read. */
  readonly bytes_in: number
  /** Bytes of the answer's body that were handed on. */
  readonly bytes_out: number
  /** A service account's id, `owner`, `unchecked` (loopback without bearers), or `anonymous`. */
  readonly account: string
  /** The DID that the header X-Syncropel-Actor named, if it was allowed to. */
  readonly actor: string | null
}
