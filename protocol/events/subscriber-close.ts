import { CLOSE } from '../tunnel/close-code.ts'
import { PROBLEM_STATUS, type ProblemCode } from '../http/problem.ts'

/** An HTTP status plus this is a close code for applications (RFC 6455, section 7.4.2). */
const APPLICATION = 4_000

export interface SubscriberClose {
  readonly code: number
  readonly reason: string
}

/**
 * How to close a subscriber's WebSocket at its end, or after a refusal: pages see nothing else of a refused handshake.
 * The close code is 4000 plus the problem's status, the reason is its code.
 * @param problem of the last message, as JSON; undefined if it was none
 */
export function subscriberClose(problem: string | undefined): SubscriberClose {
  if (problem === undefined) return { code: CLOSE.NORMAL, reason: '' }
  const code = /"code":"([A-Z_]{1,64})"/.exec(problem)?.[1]
  if (code === undefined || !Object.hasOwn(PROBLEM_STATUS, code)) {
    return { code: CLOSE.POLICY, reason: 'see the last message' }
  }
  return { code: APPLICATION + PROBLEM_STATUS[code as ProblemCode], reason: code }
}

/** The only message of a refused WebSocket. @param problem the error envelope as JSON */
export function refusalMessage(problem: string): string {
  return `{"event":"error","data":${problem}}`
}
