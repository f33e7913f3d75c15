/**
 * Text as it is compared where letter case and the form of composed characters do not count: NFC, then capitals and back, so
 * that `ß` and `ẞ` are `ss` and a final sigma is a sigma. Accents count. No locale: `I` is `i`.
 */
export function foldText(text: string): string {
  // Most text is ASCII, where the short way gives the same.
  if (ASCII.test(text)) return text.toLowerCase()
  // Small first: the capital `ẞ` is its own capital.
  const small = text.normalize('NFC').toLowerCase()
  return small.toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/u
