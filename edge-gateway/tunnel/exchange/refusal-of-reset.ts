import { RESET, resetName, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import type { Refusal } from '../../door/refusal.ts'

/** Home has not begun the request, or not answered it. Refused is what a daemon that is leaving has not begun. */
export const REPEATED: ReadonlySet<ResetCode> = new Set([RESET.CONNECTION_LOST, RESET.REFUSED])

/** What the client is told of a stream that was reset before its answer began. */
export function refusalOfReset(code: ResetCode): Refusal {
  switch (code) {
    case RESET.HEAD_TIMEOUT:
      return {
        code: 'HEAD_TIMEOUT',
        message: 'The daemon did not answer in time',
        try: 'try again; if it persists, look at `spl status` and the log at home',
      }
    case RESET.REFUSED:
    case RESET.ENHANCE_YOUR_CALM:
      return {
        code: 'TUNNEL_BUSY',
        message: 'The daemon takes no more requests at the moment',
        try: 'wait a second and try again',
        retryAfter: 1,
      }
    case RESET.TOO_LARGE:
    case RESET.PROTOCOL_ERROR:
      return {
        code: 'BAD_UPSTREAM_RESPONSE',
        message: 'The daemon sent an unusable answer',
        try: 'update spl at home and on the gateway to the same version',
      }
    default:
      return {
        code: 'TUNNEL_INTERRUPTED',
        message: `The request was cut before its answer began: ${resetName(code)}`,
        try: 'a safe request may be sent again at once; check others first',
      }
  }
}
