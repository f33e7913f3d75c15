import { encodeEdgePolicy, type EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'

/** The policy of a test's home; none at first. Limits are generous and its clock is right unless given. */
export class HomePolicy {
  #policy: (Omit<EdgePolicy, 'time'> & Partial<EdgePolicy>) | undefined

  /** As the tunnel asks for it. */
  readonly bytes = (): Uint8Array | undefined =>
    this.#policy === undefined
      ? undefined
      : encodeEdgePolicy({ time: Math.floor(Date.now() / 1000), ...this.#policy })

  /** A policy of these parts, independent of the last one. @returns the new version */
  set(parts: Partial<Omit<EdgePolicy, 'version'>>): number {
    const version = (this.#policy?.version ?? 0) + 1
    const limits = { token_per_second: 1_000_000, token_burst: 1_000_000, body_bytes: 2 ** 40 }
    this.#policy = { version, origins: [], tokens: null, limits, ...parts }
    return version
  }
}
