/**
 * What a source expression prints, as far as its literals tell, with `…` for each value. One text for each branch of a
 * condition; none if it is a value alone.
 */
export function wordsOf(expression: string): readonly string[] {
  const parts: string[] = []
  let at = 0
  while (at < expression.length) {
    const quote = expression[at] ?? ''
    if (!`'"\``.includes(quote)) {
      at += 1
      continue
    }
    const end = endOf(expression, at)
    const before = expression.slice(0, at).trimEnd()
    const after = expression.slice(end).trimStart()
    const compared = /[!=]==$/u.test(before) || after.startsWith('in ') || after.startsWith(')')
    const text = printed(expression.slice(at + 1, end - 1), quote)
    if (!compared && text !== '') parts.push(after.startsWith('+') ? `${text} …` : text)
    at = end
  }
  return parts
}

/** A literal's text in one line, its values as `…`. */
function printed(literal: string, quote: string): string {
  let text = ''
  for (let at = 0; at < literal.length; at++) {
    if (literal[at] === '\\') {
      at += 1
      text += literal[at] === 'n' ? ' ' : (literal[at] ?? '')
    } else if (quote === '`' && literal.startsWith('${', at)) {
      at = closing(literal, at + 2)
      text += '…'
    } else text += literal[at]
  }
  return text.replaceAll(/\s+/gu, ' ').trim()
}

/** The place after the literal that begins at `start`. */
function endOf(text: string, start: number): number {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (quote === '`' && text.startsWith('${', at)) at = closing(text, at + 2)
    else if (text[at] === quote) return at + 1
  }
  return text.length
}

/** The brace that closes a value of a template, from behind its opening one. */
function closing(text: string, start: number): number {
  let depth = 1
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (`'"\``.includes(character)) at = endOf(text, at) - 1
    else if (character === '{') depth += 1
    else if (character === '}') depth -= 1
    if (depth === 0) return at
  }
  return text.length
}
