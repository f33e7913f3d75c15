import type { DidKey } from '../../protocol/identity/did-key.ts'

/** A hostname that somebody owns. */
export interface Registration {
  /** Counts up and never comes again: a name that is given out anew is another registration. */
  readonly serial: number
  readonly hostname: string
  readonly owner: DidKey
  /** Unix time, seconds. */
  readonly since: number
}

/** All hostnames and their owners, in a version that counts up. */
export interface Directory {
  readonly version: number
  readonly registrations: readonly Registration[]
}

/**
 * The name of the object that holds the owner's home. It has all three: two owners of one hostname, one after the
 * other, share nothing, and neither do two hostnames of one owner, nor an owner who was revoked and invited again.
 */
export function objectNameOf({ serial, hostname, owner }: Registration): string {
  return `${serial} ${hostname} ${owner}`
}

export function hostnameOfObject(name: string): string | undefined {
  return name.split(' ')[1]
}
