/** One WebSocket's unfinished message. */
export interface UnfinishedHolder {
  /** What its client counts under; undefined if an address says nothing. */
  readonly address: string | undefined
  /** Ends it, because others need the room. */
  readonly cut: () => void
}

/**
 * The unfinished messages of all clients together: workerd keeps each one until its end. Beyond the limit, the
 * one that has been unfinished longest is cut, so messages that never end lock nobody out. One address gets only a share.
 */
export class UnfinishedMessages {
  readonly #most: number
  readonly #mostPerAddress: number
  /** In the order in which they became unfinished. */
  readonly #held = new Map<UnfinishedHolder, number>()
  readonly #perAddress = new Map<string, number>()
  #total = 0

  /** @param share one address gets one part in this many of the limit */
  constructor(most: number, share: number) {
    this.#most = most
    this.#mostPerAddress = Math.floor(most / share)
  }

  /** @param bytes of the currently unfinished message; 0 for none */
  set(holder: UnfinishedHolder, bytes: number): void {
    this.#add(holder, bytes - (this.#held.get(holder) ?? 0))
    if (bytes === 0) {
      this.#held.delete(holder)
      return
    }
    this.#held.set(holder, bytes)
    const { address } = holder
    while (this.#of(address) > this.#mostPerAddress) {
      this.#cutOldest((other) => other.address === address)
    }
    while (this.#total > this.#most) this.#cutOldest(() => true)
  }

  #cutOldest(fits: (holder: UnfinishedHolder) => boolean): void {
    for (const holder of this.#held.keys()) {
      if (!fits(holder)) continue
      this.set(holder, 0)
      return holder.cut()
    }
  }

  #of(address: string | undefined): number {
    return address === undefined ? 0 : (this.#perAddress.get(address) ?? 0)
  }

  #add({ address }: UnfinishedHolder, bytes: number): void {
    this.#total += bytes
    if (address === undefined) return
    const left = this.#of(address) + bytes
    if (left > 0) this.#perAddress.set(address, left)
    else this.#perAddress.delete(address)
  }
}
