const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const MOST_CHARACTERS = 256

/**
 * A path as people read it: `body.items[3]["odd key"]`; the whole value is `$`. At most 256 characters,
 * and safe to print: names that are not plain words are written as ASCII JSON strings.
 */
export function formatJsonPath(path: readonly (string | number)[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (PLAIN_NAME.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${quote(step)}]`
    if (text.length > MOST_CHARACTERS) return `${text.slice(0, MOST_CHARACTERS - 1)}…`
  }
  return text === '' ? '$' : text
}

function quote(name: string): string {
  const ascii = JSON.stringify(name.slice(0, MOST_CHARACTERS))
  return ascii.replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
