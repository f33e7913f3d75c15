/** A list of the command line: its items stand between commas or spaces; `''` is the empty list. */
export function parseList(text: string): string[] {
  return text.split(/[\s,]+/u).filter((item) => item !== '')
}
