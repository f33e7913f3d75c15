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

  /** Counts arrived bytes. False when they are more than was granted. */
  receive(bytes: number): boolean {
    this.#received += bytes
    return this.#received <= this.#granted
  }

  /** Counts taken bytes. True when half a window can be granted anew: less would be chatter. */
  consume(bytes: number): boolean {
    this.#consumed += bytes
    return this.#consumed + this.#window - this.#granted >= this.#window / 2
  }

  widen(window: number): void {
    this.#window = window
  }

  /** The new total to announce. */
  grant(): number {
    this.#granted = Math.max(this.#granted, this.#consumed + this.#window)
    return this.#granted
  }
}
