/**
 * The lines of an event stream that are not events. None ends in a blank line: that would be an event without data,
 * which browsers drop (WHATWG HTML, section 9.2.6) and half of the other clients report. So these lines stand alone, or
 * become the first lines of the next event.
 */

/** Sent first, so that the answer's head is sent; clients wait this long before they resume. */
export const OPENING = retryLine(1_000)

/** Keeps proxies from closing a silent stream, and shows a dead connection. */
export const HEARTBEAT_COMMENT = ': heartbeat\n'

/** Sent by the gateway while home cannot be asked for events. */
export const WAITING_COMMENT = ': waiting for home\n'

/** How long a client waits before it resumes, milliseconds. */
export function retryLine(ms: number): string {
  return `retry: ${ms}\n`
}

/** The last event of a stream that ends for a reason. @param problem the error envelope as JSON, one line */
export function errorEvent(problem: string): string {
  return `event: error\ndata: ${problem}\n\n`
}
