import { readFileSync } from 'node:fs'

/** The keys of an object as the page names them. */
export interface Shape {
  readonly required: readonly string[]
  /** `key?` */
  readonly optional: readonly string[]
}

/** A row of docs/cli-json.md: the command lines that it is about, and what each prints. */
export interface JsonRow {
  readonly lines: readonly string[]
  readonly text: string
}

const PAGE = readFileSync(new URL('../../../docs/cli-json.md', import.meta.url), 'utf8')

export function jsonRows(): readonly JsonRow[] {
  return PAGE.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/u).slice(1, -1))
    .map(([lines = '', text = '']) => ({
      lines: [...lines.matchAll(/`([^`]+)`/gu)].map(([, line = '']) => line),
      text,
    }))
}

/** What the row says, with the account, the token and the invite that it refers to. */
export function shapeOf({ text }: JsonRow): Shape {
  const own = [...text.matchAll(/`(\{[^`]*\})`/gu)].map(([, object = '']) => fieldsOf(object))
  const named = [
    ...(/^\s*the account/u.test(text) ? [fieldsOf(defined('An account is'))] : []),
    ...(/^\s*the (?:new )?token/u.test(text) ? [fieldsOf(defined('a token `{object'))] : []),
    ...(/^\s*the invite/u.test(text) ? [inviteFields()] : []),
  ]
  const [first] = own
  const shapes = [...named, ...(first === undefined ? [] : [first])]
  return {
    required: shapes.flatMap(({ required }) => required),
    optional: shapes.flatMap(({ optional }) => optional),
  }
}

function defined(words: string): string {
  const text = PAGE.replaceAll('\n', ' ')
  return text.slice(text.indexOf('`{', text.indexOf(words)) + 1).split('`')[0] ?? ''
}

function inviteFields(): Shape {
  const row = jsonRows().find(({ lines }) => lines.includes('pair invites'))
  return fieldsOf(/data:\[(\{[^}]*\})/u.exec(row?.text ?? '')?.[1] ?? '')
}

/** `{object:"x", a, b?, c:{d, e}}`: the keys of the outermost braces. */
export function fieldsOf(object: string): Shape {
  let depth = 0
  let key = ''
  const keys: string[] = []
  for (const character of object) {
    if ('}]'.includes(character)) depth -= 1
    if (depth === 1 && !', {}'.includes(character)) key += character
    else if (depth === 1 || depth === 0) keys.push(key)
    if (depth === 1 && ', '.includes(character)) key = ''
    if ('{['.includes(character)) depth += 1
  }
  const names = [...new Set(keys)].map((one) => one.split(':')[0] ?? '').filter((one) => one !== '')
  const whole = [...new Set(names)].filter((name) => /^\w+\??$/u.test(name))
  return {
    required: whole.filter((name) => !name.endsWith('?')),
    optional: whole.filter((name) => name.endsWith('?')).map((name) => name.slice(0, -1)),
  }
}
