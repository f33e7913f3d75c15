/** Clients that are told to resume spread over a millisecond for so many of them. */
const RESUMES_PER_MS = 2

/** Closes the object's end of a bridge. @param together how many are closed for the same reason */
export function closeBridge(bridge: WebSocket, code: number, together = 1): void {
  try {
    bridge.close(code, String(Math.floor(together / RESUMES_PER_MS)))
  } catch {
    // The Worker was faster.
  }
}
