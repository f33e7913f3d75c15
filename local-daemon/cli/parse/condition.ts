import { InvalidArgumentError } from 'commander'

/** A filter of `POST /v1/records/query`, as JSON. */
export type Filter = Readonly<Record<string, unknown>>

/** Longer ones first: `>=` is not `>` and a value that begins with `=`. */
const OPERATORS: readonly (readonly [sign: string, operator: string])[] = [
  ['>=', '$gte'],
  ['<=', '$lte'],
  ['!=', '$ne'],
  ['~*', '$ilike'],
  ['=', '$eq'],
  ['>', '$gt'],
  ['<', '$lt'],
  ['~', '$like'],
]
const FORM = /^((?:[^=<>!~"]|"(?:[^"\\]|\\.)*")+)(>=|<=|!=|~\*|=|>|<|~)(.*)$/su
const NUMBERS: ReadonlySet<string> = new Set(['clock', 'created_at'])

/** A condition of the command line, such as `act=DO` or `body.n>=5`, or a filter as JSON; each is added to those before. */
export function parseCondition(word: string, before: readonly Filter[] = []): readonly Filter[] {
  return [...before, filterOf(word)]
}

function filterOf(word: string): Filter {
  if (word.trimStart().startsWith('{')) return jsonOf(word)
  const [, field, sign, text = ''] = FORM.exec(word) ?? []
  const operator = OPERATORS.find(([one]) => one === sign)?.[1]
  if (field === undefined || operator === undefined) {
    throw new InvalidArgumentError(
      'A condition is a field, one of = != > >= < <= ~ ~* and a value, or a filter as JSON.',
    )
  }
  return { [field]: { [operator]: valueOf(field, operator, text) } }
}

function jsonOf(word: string): Filter {
  try {
    return JSON.parse(word) as Filter
  } catch (error) {
    throw new InvalidArgumentError(`The filter is not JSON: ${(error as Error).message}`)
  }
}

/** A value of a body is JSON if it can be read as such, else text: `5` is a number, `"5"` and `five` are text. */
function valueOf(field: string, operator: string, text: string): unknown {
  if (operator === '$like' || operator === '$ilike') return text
  if (NUMBERS.has(field)) return numberOf(field, text)
  if (!field.startsWith('body')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function numberOf(field: string, text: string): number {
  const isTime = field === 'created_at' && /^\d{4}-\d\d-\d\d/u.test(text)
  const number = isTime ? Date.parse(text) : text === '' ? Number.NaN : Number(text)
  if (!Number.isNaN(number)) return number
  const time = field === 'created_at' ? ' or a time such as 2026-11-30T09:00:00Z' : ''
  throw new InvalidArgumentError(`${field} is compared with a number${time}.`)
}
