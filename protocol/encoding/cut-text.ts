/** Characters beyond the cut that are looked at, so that the last whole one is known to be whole. */
const LOOK_AHEAD = 64

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * The beginning of a text, at most `most` UTF-16 units, that ends where a reader sees a character end (UAX 29): never
 * within a surrogate pair, a flag or a letter with its accents.
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  let end = 0
  for (const { index, segment } of graphemes.segment(text.slice(0, most + LOOK_AHEAD))) {
    if (index + segment.length > most) break
    end = index + segment.length
  }
  return end > 0 ? text.slice(0, end) : text.slice(0, most).replace(/[\uD800-\uDBFF]$/u, '')
}
