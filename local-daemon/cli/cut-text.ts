/** The text in at most so many characters, with `…` where something was left out; what a reader takes for one is never cut apart. */
export function cutText(text: string, characters: number): string {
  if (text.length <= characters) return text
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (kept.length + segment.length > characters - 1) return `${kept}…`
    kept += segment
  }
  return text
}
