import { canonicalJson } from '../../../protocol/json/canonical-json.ts'
import { JsonError } from '../../../protocol/json/json-check.ts'
import type { JsonValue } from '../../../protocol/json/json-value.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { Comparison, Condition, Field } from './condition.ts'
import { parseLike } from './like-pattern.ts'
import { invalidQuery } from './query-error.ts'
import { RECORD_COLUMNS } from './record-columns.ts'

type At = readonly (string | number)[]

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  $gt: '>',
  $gte: '>=',
  $lt: '<',
  $lte: '<=',
}
const OPERATORS = '$eq $ne $gt $gte $lt $lte $in $nin $like $ilike $exists $not'

/** One operator of a field with its operand. Throws `ProblemError` `INVALID_QUERY`. */
export function parseOperator(field: Field, operator: string, operand: unknown, at: At): Condition {
  switch (operator) {
    case '$eq':
      return { kind: 'in', field, values: [valueOf(field, operand, at)] }
    case '$ne':
      return not({ kind: 'in', field, values: [valueOf(field, operand, at)] })
    case '$in':
      return { kind: 'in', field, values: listOf(field, operand, at) }
    case '$nin':
      return not({ kind: 'in', field, values: listOf(field, operand, at) })
    case '$like':
    case '$ilike':
      return {
        kind: 'like',
        field,
        pattern: patternOf(field, operand, at),
        folded: operator === '$ilike',
      }
    case '$exists':
      if (typeof operand !== 'boolean') throw invalidQuery(at, 'must be true or false')
      return operand ? { kind: 'exists', field } : not({ kind: 'exists', field })
    default:
  }
  const by = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined
  if (by === undefined) {
    throw invalidQuery(at, 'is not an operator', `The operators are ${OPERATORS}.`)
  }
  if (typeof operand !== 'number' && typeof operand !== 'string') {
    throw invalidQuery(at, 'must be a number or text: only these have an order')
  }
  return { kind: 'compare', field, by, value: valueOf(field, operand, at) as number | string }
}

function not(of: Condition): Condition {
  return { kind: 'not', of }
}

function listOf(field: Field, operand: unknown, at: At): readonly JsonValue[] {
  if (!Array.isArray(operand)) throw invalidQuery(at, 'must be a list, such as [1, 2]')
  if (operand.length > STORE_LIMITS.queryListItems) {
    throw invalidQuery(at, `has more than ${STORE_LIMITS.queryListItems} values`)
  }
  return operand.map((value, index) => valueOf(field, value, [...at, index]))
}

/** A value that the field may have. Others are refused, not taken for one that no record has: it would be a mistake. */
function valueOf(field: Field, value: unknown, at: At): JsonValue {
  if (field.kind === 'body') {
    try {
      canonicalJson(value)
      return value as JsonValue
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
      throw invalidQuery(at, error.message)
    }
  }
  const { type } = RECORD_COLUMNS[field.name]
  if (type === 'integer') {
    if (typeof value !== 'number') throw invalidQuery(at, 'must be a number')
    return value
  }
  if (typeof value !== 'string') throw invalidQuery(at, 'must be text in quotes')
  if (!value.isWellFormed()) {
    throw invalidQuery(at, 'has half of a character, which no record can hold')
  }
  return value
}

function patternOf(field: Field, operand: unknown, at: At): string {
  if (field.kind === 'column' && RECORD_COLUMNS[field.name].type === 'integer') {
    throw invalidQuery(at, 'is for text, and this field is a number')
  }
  if (typeof operand !== 'string' || !operand.isWellFormed()) {
    throw invalidQuery(at, 'must be text, such as "%tea%"')
  }
  if (operand.length > STORE_LIMITS.queryPatternUnits) {
    throw invalidQuery(
      at,
      `has more than ${STORE_LIMITS.queryPatternUnits} characters`,
      'Look for a part of it.',
    )
  }
  if (parseLike(operand) === undefined) {
    throw invalidQuery(at, 'has a \\ before something else than %, _ or \\', 'Write \\\\ for a \\.')
  }
  return operand
}
