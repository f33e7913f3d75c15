/** Letters, digits and separators of ids: nothing with a meaning in a header, a URL, a log or a terminal. */
const WIRE_ID = /^[\w.:~-]{1,128}$/
/** `program/1.2.3 (remark)`: printable ASCII, no blank at its ends. */
const AGENT = /^[!-~](?:[ -~]{0,126}[!-~])?$/
/** Control, format and private-use characters, lone surrogates, and separators other than the blank. */
const UNPRINTABLE = /(?! )[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}]/u

/** The id of a request, or of a process: up to 128 characters. */
export function isWireId(value: unknown): value is string {
  return typeof value === 'string' && WIRE_ID.test(value)
}

/** How a program names itself in HELLO: up to 128 characters. */
export function isAgent(value: unknown): value is string {
  return typeof value === 'string' && AGENT.test(value)
}

/** Whether a text for people has no characters that control a terminal or are invisible. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text)
}
