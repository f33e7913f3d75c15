import { BRIDGE } from '../internal/bridge.ts'

/** Closes a bridge, or a place to wait in, that may be closing. */
export function closeQuietly(socket: WebSocket | null | undefined): void {
  try {
    socket?.close(BRIDGE.ENDED)
  } catch {
    // The other side closed it meanwhile.
  }
}
