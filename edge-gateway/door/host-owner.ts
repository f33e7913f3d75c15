import { parseDidKey, type DidKey } from '../../protocol/identity/did-key.ts'
import type { Credential } from './credential.ts'

/** Bearers of the only owner that are remembered as good: that is all there are, for almost everybody. */
const ALONE_BEARERS = 1024
/** Of one owner among many. Each has a share of its own, so that none can crowd out the others' bearers. */
const SHARED_BEARERS = 128

/** Whom a public hostname belongs to, and what the Worker knows of them. */
export class HostOwner {
  readonly did: DidKey
  readonly key: Uint8Array
  /** Name of the one object that holds the home's socket. No two hostnames, and no two owners, share one. */
  readonly objectName: string
  /** Bearers whose signature was good lately. Only good ones enter, so no stranger can fill it. */
  readonly bearers = new Map<string, Credential>()
  readonly bearersMax: number

  private constructor(did: DidKey, objectName: string, bearersMax: number) {
    this.did = did
    this.key = parseDidKey(did)
    this.objectName = objectName
    this.bearersMax = bearersMax
  }

  /** The owner of all that the gateway serves. @throws DidKeyError */
  static alone(did: DidKey): HostOwner {
    return new HostOwner(did, did, ALONE_BEARERS)
  }

  /** The owner of one hostname of many. @throws DidKeyError */
  static among(did: DidKey, objectName: string): HostOwner {
    return new HostOwner(did, objectName, SHARED_BEARERS)
  }
}
