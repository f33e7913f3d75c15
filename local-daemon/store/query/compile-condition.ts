import { canonicalJson } from '../../../protocol/json/canonical-json.ts'
import type { JsonValue } from '../../../protocol/json/json-value.ts'
import { ID_START_DIGITS } from '../to-stored-record.ts'
import { sqlitePath } from './body-path.ts'
import type { Condition, Field } from './condition.ts'
import { RECORD_COLUMNS } from './record-columns.ts'

type Parameter = string | number | Buffer

/** A part of a statement. Its text comes from this file alone: names, paths and values are parameters. */
export interface Sql {
  readonly text: string
  readonly parameters: readonly Parameter[]
  /** Patterns by number, for the function `like_pattern` of the connection: see `record-functions.ts`. */
  readonly patterns: readonly LikePattern[]
  /** Lists of words by number, for `has_words`. */
  readonly words: readonly (readonly string[])[]
}

export interface LikePattern {
  readonly pattern: string
  readonly folded: boolean
}

/** The condition as SQL over the row `records`: 1 or 0 for each, never NULL. */
export function compileCondition(condition: Condition): Sql {
  const parameters: Parameter[] = []
  const patterns: LikePattern[] = []
  const words: (readonly string[])[] = []
  return { text: write(condition), parameters, patterns, words }

  function bind(parameter: Parameter): '?' {
    parameters.push(parameter)
    return '?'
  }

  function write(one: Condition): string {
    switch (one.kind) {
      case 'all':
        return one.of.length === 0 ? '1' : `(${one.of.map(write).join(' AND ')})`
      case 'any':
        return one.of.length === 0 ? '0' : `(${one.of.map(write).join(' OR ')})`
      case 'not':
        return `NOT ${write(one.of)}`
      case 'in':
        return writeIn(one)
      case 'compare':
        return writeCompare(one)
      case 'like': {
        const number = patterns.push({ pattern: one.pattern, folded: one.folded }) - 1
        return `like_pattern(${bind(number)}, ${textOf(one.field)})`
      }
      case 'words':
        return `has_words(${bind(words.push(one.words) - 1)}, raw)`
      case 'exists':
        return one.field.kind === 'column'
          ? `(${RECORD_COLUMNS[one.field.name].sql} IS NOT NULL)`
          : `(raw -> ${bind(sqlitePath(one.field.path))} IS NOT NULL)`
    }
  }

  /** Canonical JSON is equal where the values are, of the same type: `1` is not `"1"`, and null is a value. */
  function writeIn({ field, values }: Extract<Condition, { kind: 'in' }>): string {
    const [first] = values
    if (first === undefined) return '0'
    if (field.kind === 'body') {
      const texts = values.map((value) => canonicalJson(value))
      const member = `raw -> ${bind(sqlitePath(field.path))}`
      const among = texts.length === 1 ? `= ${bind(texts[0] ?? '')}` : `IN ${bindList(texts)}`
      return `coalesce((${member}) ${among}, 0)`
    }
    const { sql, type, number } = RECORD_COLUMNS[field.name]
    if (type === 'id') return writeIds(values, sql)
    if (number !== undefined) return `(${number.sql} IN (${number.of} IN ${bindList(values)}))`
    return values.length === 1
      ? `(${sql} = ${bind(first as string | number)})`
      : `(${sql} IN ${bindList(values)})`
  }

  /** By what the row has of an id first; only a record with these bytes is hashed. */
  function writeIds(values: readonly JsonValue[], sql: string): string {
    const ids = values.filter((value) => typeof value === 'string' && RECORD_ID.test(value))
    if (ids.length === 0) return '0'
    const starts = ids.map((id) => bind(Buffer.from(String(id).slice(0, ID_START_DIGITS), 'hex')))
    return `(records.id_start IN (${starts.join(', ')}) AND ${sql} IN ${bindList(ids)})`
  }

  function bindList(values: readonly unknown[]): string {
    return `(SELECT value FROM json_each(${bind(JSON.stringify(values))}))`
  }

  function writeCompare({ field, by, value }: Extract<Condition, { kind: 'compare' }>): string {
    if (field.kind === 'column') {
      return `coalesce(${RECORD_COLUMNS[field.name].sql} ${by} ${bind(value)}, 0)`
    }
    const path = sqlitePath(field.path)
    if (typeof value === 'string') {
      return `coalesce(json_type(raw, ${bind(path)}) = 'text' AND (raw ->> ${bind(path)}) ${by} ${bind(value)}, 0)`
    }
    // As a double, because JSON's numbers are: digits that a double does not keep must not make two of one.
    return `coalesce(json_type(raw, ${bind(path)}) IN ('integer', 'real') AND CAST(raw ->> ${bind(path)} AS REAL) ${by} ${bind(value)}, 0)`
  }

  /** The field's text, or NULL if it is none. */
  function textOf(field: Field): string {
    if (field.kind === 'body') {
      const path = sqlitePath(field.path)
      return `iif(json_type(raw, ${bind(path)}) = 'text', raw ->> ${bind(path)}, NULL)`
    }
    return RECORD_COLUMNS[field.name].sql
  }
}

const RECORD_ID = /^[0-9a-f]{64}$/
