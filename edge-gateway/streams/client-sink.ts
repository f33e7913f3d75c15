/** The public client of an event stream, as the relay sees it: server-sent events, or a WebSocket. */
export interface ClientSink {
  /** Bytes written that the client has not taken yet. */
  readonly pending: number
  /** @param events whole events, as text/event-stream */
  write(events: Uint8Array): void
  /** Sends a comment, so that the client knows the connection is alive. */
  heartbeat(): void
  /** The stream is complete. */
  end(): void
  /** Drops what still waits, sends this and ends. @param events the last ones, as text/event-stream */
  finish(events: string): void
  /** The stream was cut. */
  abort(): void
}

export interface ClientSinkEvents {
  /** The client has taken some bytes. */
  taken(): void
  gone(): void
}
