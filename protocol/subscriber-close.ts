import { CLOSE } from './close-code.ts'

/**
 * How a subscriber's WebSocket is closed when its feed has ended.
 * @param problem what the last event told of, as JSON; undefined if it was none
 */
export function subscriberClose(problem: string | undefined): {
  readonly code: number
  readonly reason: string
} {
  if (problem === undefined) return { code: CLOSE.NORMAL, reason: '' }
  // What ends a stream because of its bearer is told as for every other WebSocket.
  const code = /"code":"AUTH_/.test(problem) ? CLOSE.TOKEN_REVOKED : CLOSE.POLICY
  return { code, reason: 'see the last message' }
}
