/** The type of a text with one JSON value in each line. */
export const LINES_TYPE = 'application/x-ndjson'

const ACCEPTS_LINES = /(?:^|,)\s*application\/x-ndjson\s*(?:[;,]|$)/i

/** Whether the caller wants one value in each line. */
export function acceptsLines(headers: Headers): boolean {
  return ACCEPTS_LINES.test(headers.get('accept') ?? '')
}
