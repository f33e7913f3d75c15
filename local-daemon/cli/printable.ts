/** Control characters (C0 without line feed, DEL, C1) and direction overrides, which could rewrite the screen. */
// oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
export const UNPRINTABLE = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/gu

/** The text with everything that a terminal would obey replaced by U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '\uFFFD')
}
