import { hasScope, type Scope } from '../../protocol/identity/scopes.ts'

/** Whom a request comes from. */
export type Principal =
  /** The daemon's own user, over the Unix socket: the file's mode has let nobody else in. */
  | { readonly kind: 'owner' }
  /** Anybody on this machine, where bearers are switched off for loopback. */
  | { readonly kind: 'unchecked' }
  /** Nobody in particular, on a route that is open to everybody. */
  | { readonly kind: 'anonymous' }
  | AccountPrincipal

/** The bearer of a service account's token. */
export interface AccountPrincipal {
  readonly kind: 'account'
  readonly account: string
  readonly tokenId: string
  readonly scopes: readonly string[]
  /** DIDs that it may act as, beside its own. */
  readonly actors: readonly string[]
  readonly namespace: string
  /** Unix time, seconds. */
  readonly expiresAt: number | null
}

/** What no caller may do whom nothing has identified: it would outlast the switch that let it in. */
const NEVER_UNCHECKED: ReadonlySet<Scope> = new Set(['admin', 'config:write'])

export function mayUse(principal: Principal, required: Scope): boolean {
  if (principal.kind === 'owner') return true
  if (principal.kind === 'unchecked') return !NEVER_UNCHECKED.has(required)
  return principal.kind === 'account' && hasScope(principal.scopes, required)
}

/** Whose share of what all callers share a principal takes. */
export function holderOf(principal: Principal): string {
  return principal.kind === 'account' ? principal.account : principal.kind
}

/** The DID that a service account has of its own. */
export function accountDid(account: string): string {
  return `did:sync:system:${account}`
}
