/**
 * Credit is a cumulative byte total: "you may have sent up to N in all". A grant that is repeated,
 * skipped or overtaken by a larger one changes nothing, so grants need no order and no answer.
 */

/** What the other side allows us to send. */
export class SendCredit {
  #limit: number
  #sent: number

  constructor(limit: number, sent = 0) {
    this.#limit = limit
    this.#sent = sent
  }

  get available(): number {
    return this.#limit - this.#sent
  }

  get limit(): number {
    return this.#limit
  }

  get sent(): number {
    return this.#sent
  }

  spend(bytes: number): void {
    this.#sent += bytes
  }

  /** Takes back what was spent on bytes that never left. */
  refund(bytes: number): void {
    this.#sent -= bytes
  }

  /** A total below the one we have is an old grant: harmless. Says whether sending became possible. */
  raise(total: number): boolean {
    const wasBlocked = this.available <= 0
    if (total > this.#limit) this.#limit = total
    return wasBlocked && this.available > 0
  }
}

/** What we allow the other side to send: consumed bytes plus one window. */
export class ReceiveCredit {
  #window: number
  #granted: number
  #received: number
  #consumed: number

  constructor(window: number, granted = window, received = 0) {
    this.#window = window
    this.#granted = granted
    this.#received = received
    this.#consumed = received
  }

  get window(): number {
    return this.#window
  }

  get granted(): number {
    return this.#granted
  }

  get received(): number {
    return this.#received
  }

  /** Bytes that arrived and that nobody has taken yet. */
  get buffered(): number {
    return this.#received - this.#consumed
  }

  /** Bytes that could be granted and are not: granting every byte at once would be chatter. */
  get ungranted(): number {
    return this.#consumed + this.#window - this.#granted
  }

  /** Counts arrived bytes. False, and nothing counted, when they are more than was granted. */
  receive(bytes: number): boolean {
    if (this.#received + bytes > this.#granted) return false
    this.#received += bytes
    return true
  }

  /** Counts taken bytes, never more than there are. */
  consume(bytes: number): void {
    this.#consumed += bytes
  }

  widen(window: number): void {
    this.#window = window
  }

  /** Raises the total that the other side may send to, and returns it: it is on its way from now on. */
  grant(): number {
    this.#granted = Math.max(this.#granted, this.#consumed + this.#window)
    return this.#granted
  }
}
