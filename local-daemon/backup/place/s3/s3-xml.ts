/**
 * The texts of all elements of this name, in order. Answers of S3 that are read here are flat lists without attributes, comments
 * or namespaces' prefixes, so no parser is needed; whatever else arrives yields nothing.
 */
export function elements(xml: string, name: string): string[] {
  const open = `<${name}>`
  const close = `</${name}>`
  const found: string[] = []
  for (let from = xml.indexOf(open); from !== -1; from = xml.indexOf(open, from)) {
    const end = xml.indexOf(close, from)
    if (end === -1) break
    found.push(xml.slice(from + open.length, end))
    from = end + close.length
  }
  return found
}

/** The text of the first element of this name, with its entities resolved. */
export function element(xml: string, name: string): string | undefined {
  const [first] = elements(xml, name)
  return first?.replaceAll(/&(?:lt|gt|quot|apos|amp|#\d{1,7});/gu, plain)
}

const PLAIN: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
}

function plain(entity: string): string {
  const known = PLAIN[entity]
  if (known !== undefined) return known
  const point = Number(entity.slice(2, -1))
  return point <= 0x10_ff_ff ? String.fromCodePoint(point) : ''
}
