import { CLOSE } from '../tunnel/close-code.ts'
import { PROBLEM_STATUS, type ProblemCode } from '../http/problem.ts'

/** Added to an HTTP status it is a close code of the application's own (RFC 6455, section 7.4.2). */
const APPLICATION = 4_000

export interface SubscriberClose {
  readonly code: number
  readonly reason: string
}

/**
 * How a WebSocket is closed that has nothing more to bring, or that was never let in: a page sees no other part of a
 * refused handshake. What went wrong is the code, by the status that it has as an answer, and the reason names it.
 * @param problem what the last message told of, as JSON; undefined if it was none
 */
export function subscriberClose(problem: string | undefined): SubscriberClose {
  if (problem === undefined) return { code: CLOSE.NORMAL, reason: '' }
  const code = /"code":"([A-Z_]{1,64})"/.exec(problem)?.[1]
  if (code === undefined || !Object.hasOwn(PROBLEM_STATUS, code)) {
    return { code: CLOSE.POLICY, reason: 'see the last message' }
  }
  return { code: APPLICATION + PROBLEM_STATUS[code as ProblemCode], reason: code }
}

/** The one message of a WebSocket that was refused. @param problem the error envelope as JSON */
export function refusalMessage(problem: string): string {
  return `{"event":"error","data":${problem}}`
}
