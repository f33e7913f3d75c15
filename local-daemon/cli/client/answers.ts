import type { Reach } from '../../../protocol/identity/reach.ts'

/** What the daemon says about accounts and tokens. Times are Unix time in seconds. */
export interface Account {
  readonly object: 'service_account'
  readonly id: string
  readonly name: string
  readonly did: string
  readonly scopes: readonly string[]
  readonly actors: readonly string[]
  readonly namespace: string
  /** Null: everywhere. Missing from a daemon that knows none. */
  readonly reach?: Reach | null
  readonly env: string
  readonly active: boolean
  readonly created_at: number
  readonly revoked_at: number | null
  readonly reason: string | null
}

export interface Namespace {
  readonly object: 'namespace'
  readonly name: string
  readonly description: string | null
  readonly status: 'active' | 'archived'
  /** The archived namespace that closes it: itself, or one above. */
  readonly archived_with: string | null
  /** In itself, without what is below it. */
  readonly threads: number
  readonly records: number
  readonly created_at: number | null
  readonly archived_at: number | null
}

export interface Token {
  readonly object: 'token'
  readonly token_id: string
  readonly service_account_id: string
  readonly env: string
  readonly scopes: readonly string[]
  /** Null: everywhere. Missing from a daemon that knows none. */
  readonly reach?: Reach | null
  readonly created_at: number
  readonly expires_at: number | null
  readonly revoked_at: number | null
  /** To ten minutes; null: never. Missing from a daemon that does not tell. */
  readonly last_used_at?: number | null
}

/** A token together with its plaintext, which the daemon says once. */
export interface Minted extends Token {
  readonly token: string
}

/** Whether the gateway has a change: on `pending` it gets it on reconnect, on `none` there is no gateway. */
export interface Edge {
  readonly state: 'applied' | 'pending' | 'none'
  readonly version: number
}

/** The answer to every change. */
export interface Changed {
  readonly edge: Edge
}
