/** What the link has done since the daemon started, over all its connections. */
export interface LinkCounts {
  /** Bytes of WebSocket messages, both kinds, without TLS and framing. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** WebSocket messages to the gateway: what an object on Cloudflare is billed for. */
  readonly messagesOut: number
  /** Requests that the gateway has relayed. */
  readonly requests: number
  /** Of the last ping that was answered on the newest connection, milliseconds; null before. */
  readonly roundTripMs: number | null
}

/** Counts what passes the link. */
export class LinkMeter {
  #bytesIn = 0
  #bytesOut = 0
  #messagesOut = 0
  #requests = 0
  #pings: PingMeter | undefined

  get counts(): LinkCounts {
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      messagesOut: this.#messagesOut,
      requests: this.#requests,
      roundTripMs: this.#pings?.roundTripMs ?? null,
    }
  }

  received(bytes: number): void {
    this.#bytesIn += bytes
  }

  sent(bytes: number): void {
    this.#bytesOut += bytes
    this.#messagesOut += 1
  }

  relayed(): void {
    this.#requests += 1
  }

  /** A connection opens. Its pings are what is told from now on; an older one may go on for a while. */
  opened(): PingMeter {
    this.#pings = new PingMeter()
    return this.#pings
  }
}

/** Measures one connection by the pings of its keepalive. Answers come in order, each to one ping. */
export class PingMeter {
  #roundTripMs: number | undefined
  /** Pings without an answer so far. */
  #unanswered = 0
  /** When the oldest of these was sent, if its answer is the next one to come. */
  #pingedAt: number | undefined

  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  /** @param now of a monotonic clock, milliseconds */
  pinged(now: number): void {
    if (this.#unanswered === 0) this.#pingedAt = now
    this.#unanswered += 1
  }

  /** An answer to a ping; one that nobody asked for says nothing. */
  ponged(now: number): void {
    if (this.#unanswered === 0) return
    this.#unanswered -= 1
    if (this.#pingedAt === undefined) return
    this.#roundTripMs = now - this.#pingedAt
    this.#pingedAt = undefined
  }
}
