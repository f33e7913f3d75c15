import { InvalidArgumentError } from 'commander'
import { ACTS, DATA_TYPES } from '../../../protocol/records/record.ts'

/** A filter of `POST /v1/records/query`, as JSON. */
export type Filter = Readonly<Record<string, unknown>>

/** Longer ones first: `>=` is not `>` and a value that begins with `=`. */
const OPERATORS: readonly (readonly [sign: string, operator: string])[] = [
  ['>=', '$gte'],
  ['<=', '$lte'],
  ['!=', '$ne'],
  ['~*', '$ilike'],
  ['==', '$eq'],
  ['=', '$eq'],
  ['>', '$gt'],
  ['<', '$lt'],
  ['~', '$like'],
]
const FORM = /^\s*((?:[^=<>!~"]|"(?:[^"\\]|\\.)*")+?)(\s*)(>=|<=|!=|~\*|==|=|>|<|~)(\s*)(.*)$/su
/** Fields with a closed list of values, or a form of their own: another value can meet no record. */
const CLOSED: Readonly<Record<string, readonly string[]>> = { act: ACTS, data_type: DATA_TYPES }
const NUMBERS: ReadonlySet<string> = new Set(['clock', 'created_at'])

/** A condition of the command line, such as `act=DO` or `body.n>=5`, or a filter as JSON; each is added to those before. */
export function parseCondition(word: string, before: readonly Filter[] = []): readonly Filter[] {
  return [...before, filterOf(word)]
}

function filterOf(word: string): Filter {
  if (word.trimStart().startsWith('{')) return jsonOf(word)
  const [, field, before, sign, after = '', rest = ''] = FORM.exec(word) ?? []
  // `body.n > 5` is a habit; a value that begins with a blank stands directly behind its sign.
  const text = before === '' ? after + rest : rest
  const operator = OPERATORS.find(([one]) => one === sign)?.[1]
  if (field === undefined || operator === undefined) {
    throw new InvalidArgumentError(
      'A condition is a field, one of = != > >= < <= ~ ~* and a value, or a filter as JSON.',
    )
  }
  const value = valueOf(field, operator, text)
  if (operator === '$eq' || operator === '$ne') refuseUnknown(field, value)
  return { [field]: { [operator]: value } }
}

function refuseUnknown(field: string, value: unknown): void {
  const known = CLOSED[field]
  if (known === undefined || known.includes(value as string)) return
  throw new InvalidArgumentError(`${field} is one of ${known.join(', ')}.`)
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
