/** Sends to a Worker or a client that may be closing: its close event then says what comes of it. */
export function sendQuietly(socket: WebSocket, message: Uint8Array | string): void {
  try {
    socket.send(message)
  } catch {
    // Closed by the other side in the meantime.
  }
}
