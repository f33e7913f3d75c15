/** A comment of an event stream: keeps proxies from closing a silent one, and shows a dead connection. */
export const HEARTBEAT_COMMENT = ': heartbeat\n\n'

/** The last event of a stream that ends for a reason. @param problem the error envelope as JSON, one line */
export function errorEvent(problem: string): string {
  return `event: error\ndata: ${problem}\n\n`
}
