import { CLOSE } from './close-code.ts'
import type { ConnectionError } from './connection-error.ts'
import { encodeGoAway } from './frame-payload.ts'
import { encodeFrame, FRAME } from './frame.ts'
import { RESET } from './reset-code.ts'

/** The last message on a connection that is closed for this: a GO_AWAY with the code and the reason. */
export function lastGoAway(lastStream: number, { code, message }: ConnectionError): Uint8Array {
  const payload = encodeGoAway({ lastStream, code, reason: message })
  return encodeFrame({ type: FRAME.GO_AWAY, flags: 0, stream: 0, payload })
}

/** The WebSocket code that such a connection is closed with. */
export function closeCodeOf({ code }: ConnectionError): number {
  return code === RESET.ENHANCE_YOUR_CALM ? CLOSE.POLICY : CLOSE.PROTOCOL_ERROR
}
