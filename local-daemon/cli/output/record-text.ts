import { cutText } from './cut-text.ts'

/** Characters of text that tables show. */
const SHORT_TEXT = 80

/** What the verbs of the command line write into a body, or else the body as it is, for a table. */
export function recordText(body: Readonly<Record<string, unknown>>): string {
  const said = body['goal'] ?? body['text']
  return cutText(typeof said === 'string' ? said : JSON.stringify(body), SHORT_TEXT)
}
