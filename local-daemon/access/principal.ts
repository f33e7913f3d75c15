import type { Reach } from '../../protocol/identity/reach.ts'
import { hasScope, type Scope } from '../../protocol/identity/scopes.ts'

/** Who a request comes from. */
export type Principal =
  /** The daemon's own user, over the Unix socket, whose mode lets nobody else in. */
  | { readonly kind: 'owner'; readonly reach?: undefined }
  /** Any program on this machine, if bearers are switched off for loopback. */
  | { readonly kind: 'unchecked'; readonly reach?: undefined }
  /** Anyone, on an open route. */
  | { readonly kind: 'anonymous'; readonly reach?: undefined }
  | AccountPrincipal

/** The bearer of a service account's token. */
export interface AccountPrincipal {
  readonly kind: 'account'
  readonly account: string
  readonly tokenId: string
  readonly scopes: readonly string[]
  /** DIDs that it may act as, in addition to its own. */
  readonly actors: readonly string[]
  readonly namespace: string
  /** Where it may read and write; undefined: everywhere. */
  readonly reach: Reach | undefined
  /** Unix time, seconds. */
  readonly expiresAt: number | null
}

/** What unidentified callers may not do, because it would outlast the setting that let them in. */
const NEVER_UNCHECKED: ReadonlySet<Scope> = new Set(['admin', 'config:write'])

export function mayUse(principal: Principal, required: Scope): boolean {
  if (principal.kind === 'owner') return true
  if (principal.kind === 'unchecked') return !NEVER_UNCHECKED.has(required)
  return principal.kind === 'account' && hasScope(principal.scopes, required)
}

/** Whose share a principal takes of what all callers share. */
export function holderOf(principal: Principal): string {
  return principal.kind === 'account' ? principal.account : principal.kind
}

/** A service account's own DID. */
export function accountDid(account: string): string {
  return `did:sync:system:${account}`
}
