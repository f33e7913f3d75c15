import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { STORE_LIMITS } from '../limits.ts'
import { parseBodyPath } from './body-path.ts'
import type { Condition, Field } from './condition.ts'
import { parseOperator } from './parse-operator.ts'
import { invalidQuery } from './query-error.ts'
import { isColumnName, RECORD_COLUMNS } from './record-columns.ts'

type At = readonly (string | number)[]

/** Counts what a filter may have only so much of. */
interface Budget {
  left: number
}

/**
 * The filter of a query. Throws `ProblemError` `INVALID_QUERY` with the path of what is wrong.
 * @param filter JSON as it was received; its members are data, whatever their names
 */
export function parseFilter(filter: unknown): Condition {
  return parseGroup(filter, ['filter'], { left: STORE_LIMITS.queryConditions })
}

function parseGroup(filter: unknown, at: At, budget: Budget): Condition {
  requireShallow(at)
  if (!isPlainObject(filter)) throw invalidQuery(at, 'must be an object, such as {"act": "DO"}')
  const of = Object.entries(filter).map(([name, value]) =>
    parseEntry(name, value, [...at, name], budget),
  )
  return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'all', of }
}

function parseEntry(name: string, value: unknown, at: At, budget: Budget): Condition {
  if (name === '$and' || name === '$or') {
    if (!Array.isArray(value) || value.length === 0) {
      throw invalidQuery(at, 'must be a list of filters with at least one')
    }
    const of = value.map((one, index) => parseGroup(one, [...at, index], budget))
    return { kind: name === '$and' ? 'all' : 'any', of }
  }
  if (name === '$not') return { kind: 'not', of: parseGroup(value, at, budget) }
  if (name.startsWith('$')) {
    throw invalidQuery(
      at,
      'is not an operator between conditions',
      'Use $and, $or or $not here; a field of a body is body.<name>.',
    )
  }
  const field = parseField(name, at)
  if (!isPlainObject(value)) return spend(budget, at, field, ['$eq', value])
  const operators = Object.entries(value)
  if (operators.length === 0) throw invalidQuery(at, 'has no operator, such as {"$eq": 1}')
  const of = operators.map((operator) => parseCondition(field, operator, at, budget))
  return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'all', of }
}

function parseCondition(
  field: Field,
  [operator, operand]: [string, unknown],
  at: At,
  budget: Budget,
): Condition {
  if (operator !== '$not') return spend(budget, [...at, operator], field, [operator, operand])
  const inside = [...at, operator]
  requireShallow(inside)
  if (!isPlainObject(operand) || Object.keys(operand).length === 0) {
    throw invalidQuery(inside, 'must be an object of operators, such as {"$gt": 5}')
  }
  const of = Object.entries(operand).map((one) => parseCondition(field, one, inside, budget))
  return { kind: 'not', of: { kind: 'all', of } }
}

/** The filter itself is the first level, and each operator that holds others the next one. */
function requireShallow(at: At): void {
  const levels = 1 + at.filter((step) => NESTING.has(step)).length
  if (levels <= STORE_LIMITS.queryDepth) return
  throw invalidQuery(at, `is nested deeper than ${STORE_LIMITS.queryDepth} levels`)
}

/** No name of a field begins with `$`. */
const NESTING: ReadonlySet<string | number> = new Set(['$and', '$or', '$not'])

function spend(
  budget: Budget,
  at: At,
  field: Field,
  [operator, operand]: [string, unknown],
): Condition {
  budget.left -= 1
  if (budget.left < 0) {
    throw invalidQuery(
      ['filter'],
      `has more than ${STORE_LIMITS.queryConditions} conditions`,
      'Put values of one field into one $in, or ask in several queries.',
    )
  }
  return parseOperator(field, operator, operand, at)
}

function parseField(name: string, at: At): Field {
  if (isColumnName(name)) return { kind: 'column', name }
  const path = name.startsWith('body') ? parseBodyPath(name.slice('body'.length)) : undefined
  if (path === undefined) {
    const names = Object.keys(RECORD_COLUMNS).join(', ')
    throw invalidQuery(
      at,
      'is not a field that a query may name',
      `The fields are ${names} and body.<path>, such as body.text or body.items[0]."odd.name".`,
    )
  }
  if (path.length > STORE_LIMITS.queryPathSteps) {
    throw invalidQuery(at, `has more than ${STORE_LIMITS.queryPathSteps} steps`)
  }
  if (path.some((step) => typeof step === 'string' && !step.isWellFormed())) {
    throw invalidQuery(at, 'has half of a character, which no record can hold')
  }
  return { kind: 'body', path }
}
