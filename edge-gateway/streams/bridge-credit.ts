import { LIMITS } from '../../protocol/limits.ts'

/**
 * Bytes taken before they are reported: each report is a message that you pay for. The object renews credit by the half
 * window, so a quarter of the smallest one is always reported before home has to wait.
 */
const ACK_BYTES = LIMITS.streamWindowMin / 4

/** What one bridge has brought, and how much of it the object knows to be taken: home sends no more than that and a window. */
export class BridgeCredit {
  #received = 0
  #reported = 0
  #liveAt: number | undefined

  /** Its group is reached: what comes from here on is not counted. */
  reachGroup(): void {
    this.#liveAt = this.#received
  }

  get inGroup(): boolean {
    return this.#liveAt !== undefined
  }

  came(bytes: number): void {
    this.#received += bytes
  }

  /**
   * How many bytes of the bridge to report as taken, in all; undefined if it is not worth a message now.
   * @param pending bytes that the client has not taken
   */
  report(pending: number): number | undefined {
    const taken = Math.min(this.#received - pending, this.#liveAt ?? Infinity)
    const due = taken - this.#reported
    if (due <= 0 || (due < ACK_BYTES && taken !== this.#liveAt)) return undefined
    this.#reported = taken
    return taken
  }
}
