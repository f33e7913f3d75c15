/**
 * Control characters (C0 without line feed, DEL, C1), direction marks and overrides, and what nobody sees: zero-width
 * characters, separators of lines and paragraphs, annotations, tags. They could rewrite the screen, or hide text in it.
 * The joiner within an emoji is none of them.
 */
export const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
  /(?<!\p{ExtPict}(?:\uFE0F|\p{EMod})?)\u200D|\u200D(?!\p{ExtPict})|[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u061C\u200B\u200C\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/gu

/** The text with everything that a terminal would obey, or not show, replaced by U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '\uFFFD')
}
