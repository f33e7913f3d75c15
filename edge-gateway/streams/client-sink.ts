/** The public client of an event stream, as the relay sees it: server-sent events, or a WebSocket. */
export interface ClientSink {
  /** Bytes that were written and that the client has not taken yet. */
  readonly pending: number
  /** @param events whole events, as text/event-stream */
  write(events: Uint8Array): void
  /** Says nothing, so that the client knows that somebody is there. */
  heartbeat(): void
  /** The stream is over, and whole. */
  end(): void
  /** Drops what still waits, says this and ends. @param events the last ones, as text/event-stream */
  finish(events: string): void
  /** The stream is over, and not whole. */
  abort(): void
}

export interface ClientSinkEvents {
  /** The client has taken something. */
  taken(): void
  gone(): void
}
