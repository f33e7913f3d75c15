import { cutText } from './cut-text.ts'
import { shortTime } from './local-time.ts'

/** Characters of text that tables show. */
const SHORT_TEXT = 80

/** A record as a list gives it, as far as its text. */
export interface RecordWithText {
  readonly body: Readonly<Record<string, unknown>>
  readonly redacted?: { readonly at: number } | undefined
}

/** What the verbs of the command line write into a body, or else the body as it is, for a table. */
export function recordText({ body, redacted }: RecordWithText): string {
  if (redacted !== undefined) return `(redacted ${shortTime(redacted.at / 1000).slice(0, 10)})`
  const said = body['goal'] ?? body['text']
  return cutText(typeof said === 'string' ? said : JSON.stringify(body), SHORT_TEXT)
}
