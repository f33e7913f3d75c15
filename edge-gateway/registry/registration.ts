import type { DidKey } from '../../protocol/identity/did-key.ts'

/** A hostname and its owner. */
export interface Registration {
  /** Counts up and is never reused: a name that is assigned again is another registration. */
  readonly serial: number
  readonly hostname: string
  readonly owner: DidKey
  /** Unix time, seconds. */
  readonly since: number
}

/** All hostnames and their owners, with a version that counts up. */
export interface Directory {
  readonly version: number
  readonly registrations: readonly Registration[]
}

/**
 * The name of the object for the owner's home. It has all three parts: two owners of one hostname, one after the
 * other, share nothing. Nor do two hostnames of one owner, or an owner who was revoked and invited again.
 */
export function objectNameOf({ serial, hostname, owner }: Registration): string {
  return `${serial} ${hostname} ${owner}`
}

export function hostnameOfObject(name: string): string | undefined {
  return name.split(' ')[1]
}
