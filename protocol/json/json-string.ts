const QUOTE = '"'
const BACKSLASH = 0x5c

/** The place after the JSON string that begins at `quote`. The text is valid JSON. */
export function endOfString(text: string, quote: number): number {
  let end = text.indexOf(QUOTE, quote + 1)
  while (isEscaped(text, end)) end = text.indexOf(QUOTE, end + 1)
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === BACKSLASH) before -= 1
  return (at - before) % 2 === 0
}
