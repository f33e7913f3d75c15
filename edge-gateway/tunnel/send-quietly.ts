/** Sends to a Worker that may be closing: its close event then says what comes of it. */
export function sendQuietly(bridge: WebSocket, message: Uint8Array | string): void {
  try {
    bridge.send(message)
  } catch {
    // Closed by the other side in the meantime.
  }
}
