import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A place in the source where an error for people is made. */
export interface ThrownError {
  readonly file: string
  /** The codes that it may have; none if they come from elsewhere, as those of a daemon do. */
  readonly codes: readonly string[]
  /** Source text of the message and of the next step. */
  readonly message: string
  readonly try: string
}

/** Every error with a code and a next step that the sources at home make, found in their text. */
export function thrownErrors(): readonly ThrownError[] {
  const files = globSync('local-daemon/**/*.ts', { cwd: ROOT }).toSorted()
  const sources = files.map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))
  const classes = sources.flatMap(({ text }) => errorClasses(text))
  return sources.flatMap(({ file, text }) => errorsIn(file, text, classes))
}

/** Classes of errors whose constructor takes a code, a message and the next step. */
export function errorClasses(text: string): string[] {
  const found =
    /class (\w+) extends Error \{[^}]*?constructor\(\s*code: [^,]+,\s*message: string,\s*next: string/gu
  return [...text.matchAll(found)].map(([, name = '']) => name)
}

export function errorsIn(file: string, text: string, classes: readonly string[]): ThrownError[] {
  const made = new RegExp(`new (?:${classes.join('|')})\\(`, 'gu')
  return [...text.matchAll(made)].flatMap((match) => {
    const [code = '', message = '', next = ''] = argumentsAt(text, match.index + match[0].length)
    if (code === 'code' && next === 'next') return ofCalls(file, text, match.index)
    return {
      file,
      codes: codesOf(code, text, match.index),
      message: constantOr(text, message),
      try: constantOr(text, next),
    }
  })
}

function codesOf(code: string, text: string, at: number): string[] {
  if (/^\w+$/u.test(code)) return codesOfCalls(text, at)
  // A table of causes, of which one is told.
  if (/^\w+\.code$/u.test(code)) {
    return [...text.matchAll(/\bcode: '([A-Z][A-Z0-9_]+)'/gu)].map(([, one = '']) => one)
  }
  return codesIn(code)
}

/** The function around it takes code, message and next step, and makes no more of them: each of its calls is an error. */
function ofCalls(file: string, text: string, before: number): ThrownError[] {
  return callsAround(text, before).map(([code = '', message = '', next = '']) => ({
    file,
    codes: codesIn(code),
    message,
    try: constantOr(text, next),
  }))
}

function codesIn(expression: string): string[] {
  return [...expression.matchAll(/'([A-Z][A-Z0-9_]+)'/gu)].map(([, code = '']) => code)
}

/** The code is a parameter of the function around it: those that the file calls that function with. */
function codesOfCalls(text: string, before: number): string[] {
  return callsAround(text, before).flatMap((call) => call.flatMap((argument) => codesIn(argument)))
}

/** The arguments of each call of the function that stands around a place. */
function callsAround(text: string, before: number): string[][] {
  const name = [...text.slice(0, before).matchAll(/function (\w+)\(/gu)].at(-1)?.[1]
  const calls = [...text.matchAll(new RegExp(`(?<!function )\\b${name}\\(`, 'gu'))]
  return calls.map((call) => argumentsAt(text, call.index + call[0].length))
}

/** `SAFE_WAYS` is what the file says it is. */
function constantOr(text: string, expression: string): string {
  if (!/^[A-Z_]+$/u.test(expression)) return expression
  return new RegExp(`const ${expression} = (\`[^\`]*\`|'[^']*')`, 'u').exec(text)?.[1] ?? expression
}

/** The arguments of a call, as source text, from behind its opening parenthesis. */
function argumentsAt(text: string, start: number): string[] {
  const found: string[] = []
  let depth = 0
  let from = start
  let quote = ''
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '\\') at++
    else if (quote !== '') quote = character === quote ? '' : quote
    else if (`'"\``.includes(character)) quote = character
    else if ('([{'.includes(character)) depth++
    else if (depth === 0 && ',)'.includes(character)) {
      found.push(text.slice(from, at).trim())
      from = at + 1
      if (character === ')') break
    } else if (')]}'.includes(character)) depth--
  }
  return found.filter((argument) => argument !== '')
}
