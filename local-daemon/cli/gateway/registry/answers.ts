/** A hostname that somebody owns, as the registry tells it. */
export interface GatewayHostname {
  readonly object: 'gateway_hostname'
  readonly hostname: string
  /** did:key of the instance. */
  readonly owner: string
  /** Unix time, seconds. */
  readonly since: number
  /** For the admin alone; null: its object did not say. */
  readonly connected?: boolean | null
}

/** An invite as the registry tells it: without its code, which nobody but the admin and the invited have seen. */
export interface GatewayInvite {
  readonly object: 'gateway_invite'
  readonly invite_id: string
  /** A hostname, or `*.` and the names that one may be chosen of. */
  readonly hostname: string
  /** Unix time, seconds. */
  readonly created_at: number
  readonly expires_at: number
  /** Who has joined with it, and as what; null: nobody yet. */
  readonly owner: string | null
  readonly joined: string | null
}
