/**
 * Text as it is compared where letter case and the form of composed characters do not count: NFC, then capitals and back, so
 * that `ß` is `ss` and a final sigma is a sigma. Accents count. No locale: `I` is `i`.
 */
export function foldText(text: string): string {
  // Most text is ASCII, where the short way gives the same.
  if (ASCII.test(text)) return text.toLowerCase()
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/u
