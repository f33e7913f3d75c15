import { userInfo } from 'node:os'

/** The DID that new records are written as: `--actor`, then `SPL_ACTOR`, then the user of this machine. */
export function actorOf(option: string | undefined): string {
  return option || process.env['SPL_ACTOR'] || `did:sync:user:${userName()}`
}

/** A DID takes letters, digits and `.-_` only (W3C DID syntax), a login name may hold more. */
function userName(): string {
  return userInfo().username.replaceAll(/[^A-Za-z0-9._-]/gu, '-') || 'unknown'
}
