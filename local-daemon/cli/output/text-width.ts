import fullwidth from 'is-fullwidth-code-point'

/** Its types are those of a bundler: for Node.js the module itself is the function. */
const isFullwidth = fullwidth as unknown as (codePoint: number) => boolean

const PLAIN = /^[ -~]*$/u
/** What is drawn on the character before it, or not at all. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u
const EMOJI = /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation})/v

/** Columns that a terminal gives a text: two for East Asian wide letters and for emoji, none for combining marks. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) width += letterWidth(segment)
  return width
}

/** Columns of one letter as a reader sees it: a base with its marks. */
export function letterWidth(letter: string): number {
  if (NO_WIDTH.test(letter)) return 0
  return EMOJI.test(letter) || isFullwidth(letter.codePointAt(0) ?? 0) ? 2 : 1
}

/** The text with blanks after it up to so many columns. */
export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)))
}
