/**
 * What an event stream says beside its events. None of it ends in a blank line: that would be an event without data,
 * which a browser drops (WHATWG HTML, section 9.2.6) and half of the other clients hand to their caller. So these lines
 * stand alone, or become the first lines of the event behind them.
 */

/** Sent first, so that the answer's head leaves; clients wait this long before they resume. */
export const OPENING = retryLine(1_000)

/** Keeps proxies from closing a silent stream, and shows a dead connection. */
export const HEARTBEAT_COMMENT = ': heartbeat\n'

/** What the gateway says in place of events while nobody at home can be asked for them. */
export const WAITING_COMMENT = ': waiting for home\n'

/** How long a client is to wait before it resumes, milliseconds. */
export function retryLine(ms: number): string {
  return `retry: ${ms}\n`
}

/** The last event of a stream that ends for a reason. @param problem the error envelope as JSON, one line */
export function errorEvent(problem: string): string {
  return `event: error\ndata: ${problem}\n\n`
}
