/** What the link has done since the daemon started, over all its connections. */
export interface LinkCounts {
  /** Bytes of WebSocket messages, both kinds, without TLS and framing. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Requests that the gateway has relayed. */
  readonly requests: number
  /** Connections after the first one. */
  readonly reconnects: number
  /** Milliseconds since 1970; null if there was never a connection. */
  readonly lastConnectedAt: number | null
  /** Of the last ping that was answered on this connection, milliseconds; null before. */
  readonly roundTripMs: number | null
}

/** Counts what passes the link, and measures it by the pings of the keepalive. */
export class LinkMeter {
  #bytesIn = 0
  #bytesOut = 0
  #requests = 0
  #connects = 0
  #lastConnectedAt: number | null = null
  #roundTripMs: number | null = null
  /** Pings without an answer so far. Answers come in order, each to one ping. */
  #unanswered = 0
  /** When the oldest of these was sent, if its answer is the next one to come. */
  #pingedAt: number | undefined

  get counts(): LinkCounts {
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      requests: this.#requests,
      reconnects: Math.max(0, this.#connects - 1),
      lastConnectedAt: this.#lastConnectedAt,
      roundTripMs: this.#roundTripMs,
    }
  }

  received(bytes: number): void {
    this.#bytesIn += bytes
  }

  sent(bytes: number): void {
    this.#bytesOut += bytes
  }

  relayed(): void {
    this.#requests += 1
  }

  /** @param now Unix time, milliseconds */
  connected(now: number): void {
    this.#connects += 1
    this.#lastConnectedAt = now
  }

  /** A socket opens: answers to the pings of the one before will not come on it. */
  opened(): void {
    this.#roundTripMs = null
    this.#unanswered = 0
    this.#pingedAt = undefined
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
