/** One character of a part; undefined: any. */
type Part = readonly (string | undefined)[]

/**
 * A `$like` pattern, as parts between `%`; undefined if a `\` stands before anything but `%`, `_` or `\`. `%` is any text,
 * `_` any one character (a code point).
 */
export function parseLike(pattern: string): readonly Part[] | undefined {
  const parts: (string | undefined)[][] = [[]]
  let escaped = false
  for (const character of pattern) {
    const part = parts.at(-1)
    if (escaped) {
      if (!'%_\\'.includes(character)) return undefined
      part?.push(character)
      escaped = false
    } else if (character === '\\') escaped = true
    else if (character === '%') parts.push([])
    else part?.push(character === '_' ? undefined : character)
  }
  return escaped ? undefined : parts
}

/**
 * Whether the whole text has the form of the parts. Between two `%` the first place that fits is taken, and none is tried
 * again: at most `text × longest part` steps, whatever the pattern.
 */
export function matchesLike(parts: readonly Part[], text: string): boolean {
  const [first = [], ...rest] = parts
  let at = endOf(first, text, 0)
  if (at === undefined) return false
  const last = rest.pop()
  if (last === undefined) return at === text.length
  for (const part of rest) {
    at = endOfFirst(part, text, at)
    if (at === undefined) return false
  }
  const from = lengthBack(text, last.length)
  return from !== undefined && from >= at && endOf(last, text, from) === text.length
}

/** Where the part ends that begins here; undefined: it does not stand here. */
function endOf(part: Part, text: string, from: number): number | undefined {
  let at = from
  for (const wanted of part) {
    if (at >= text.length) return undefined
    if (wanted === undefined) at += sizeAt(text, at)
    else if (text.startsWith(wanted, at)) at += wanted.length
    else return undefined
  }
  return at
}

/** Where the part ends at the first place where it stands. */
function endOfFirst(part: Part, text: string, from: number): number | undefined {
  if (!part.includes(undefined)) {
    const literal = part.join('')
    const found = text.indexOf(literal, from)
    return found === -1 ? undefined : found + literal.length
  }
  for (let at = from; at <= text.length; at += sizeAt(text, at)) {
    const end = endOf(part, text, at)
    if (end !== undefined) return end
  }
  return undefined
}

/** Where the last so many characters begin. */
function lengthBack(text: string, characters: number): number | undefined {
  let at = text.length
  for (let left = characters; left > 0; left -= 1) {
    if (at === 0) return undefined
    const isPair = at > 1 && sizeAt(text, at - 2) === 2
    at -= isPair ? 2 : 1
  }
  return at
}

function sizeAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}
