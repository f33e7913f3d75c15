import { letterWidth, textWidth } from './text-width.ts'

/** The text in at most so many columns, with `…` where something was left out; what a reader takes for one letter is never cut apart. */
export function cutText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += letterWidth(segment)
    if (width > columns - 1) return `${kept}…`
    kept += segment
  }
  return text
}
