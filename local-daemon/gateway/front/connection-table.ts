import type { FrontLimits } from './front-limits.ts'

/** A connection's place. */
export interface Place {
  /** It has made a request, and is not shed for others. */
  readonly settle: () => void
  /** It is closed. */
  readonly leave: () => void
}

interface Entry {
  readonly address: string | undefined
  readonly shed: () => void
  here: boolean
}

/**
 * The open connections. At the limit, the one that has been silent longest makes room, so idle connections
 * lock nobody out; if all have made a request, the new one is refused. One address gets only a share,
 * whatever it asks for.
 */
export class ConnectionTable {
  readonly #most: number
  readonly #mostPerAddress: number
  readonly #counts = new Map<string, number>()
  /** Connections without a request, the oldest first. */
  readonly #silent = new Set<Entry>()
  #count = 0

  constructor(
    most: number,
    {
      connectionsPerAddress,
      addressShare,
    }: Pick<FrontLimits, 'connectionsPerAddress' | 'addressShare'>,
  ) {
    this.#most = most
    this.#mostPerAddress = Math.min(connectionsPerAddress, Math.floor(most / addressShare))
  }

  get size(): number {
    return this.#count
  }

  /**
   * A place for a new connection; undefined if it must be refused.
   * @param address what it counts under; undefined if an address says nothing
   * @param shed closes it
   */
  enter(address: string | undefined, shed: () => void): Place | undefined {
    if (address !== undefined && (this.#counts.get(address) ?? 0) >= this.#mostPerAddress) {
      if (!this.#shedOne((entry) => entry.address === address)) return undefined
    }
    if (this.#count >= this.#most && !this.#shedOne(() => true)) return undefined
    const entry: Entry = { address, shed, here: true }
    this.#count += 1
    if (address !== undefined) this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
    this.#silent.add(entry)
    return {
      settle: () => {
        this.#silent.delete(entry)
      },
      leave: () => this.#leave(entry),
    }
  }

  /** Closes all connections without a request. */
  shedSilent(): void {
    while (this.#shedOne(() => true));
  }

  #leave(entry: Entry): void {
    if (!entry.here) return
    entry.here = false
    this.#silent.delete(entry)
    this.#count -= 1
    if (entry.address === undefined) return
    const left = (this.#counts.get(entry.address) ?? 1) - 1
    if (left > 0) this.#counts.set(entry.address, left)
    else this.#counts.delete(entry.address)
  }

  #shedOne(fits: (entry: Entry) => boolean): boolean {
    for (const entry of this.#silent) {
      if (!fits(entry)) continue
      this.#leave(entry)
      entry.shed()
      return true
    }
    return false
  }
}
