import { formatJsonPath } from './json-path.ts'
import { isPlainObject } from './json-value.ts'

export interface JsonBounds {
  /** Deepest nesting: a scalar is 0, `{}` is 1, `{"a":[]}` is 2. */
  readonly depth: number
  /** Largest canonical text, bytes of UTF-8. */
  readonly bytes: number
  /** Most values, nested ones counted; undefined for as many as there is room for. */
  readonly values?: number
}

/** A value that has no canonical JSON, or too much of it. `field` is the path of what is wrong. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly code: 'NOT_JSON' | 'TOO_DEEP' | 'TOO_LARGE'
  readonly field: string

  constructor(code: JsonError['code'], field: string, message: string) {
    super(message)
    this.code = code
    this.field = field
  }
}

/** An escaped UTF-16 unit is six bytes, a raw one at most three. */
const MOST_BYTES_OF_UNIT = 6
/** Longest number of ECMAScript, such as -1.2345678901234567e-300, with room to spare. */
const MOST_BYTES_OF_NUMBER = 32

/** What is known of a value that was checked. */
export interface CheckedJson {
  /** An upper bound of the canonical text's bytes; only when that exceeds `bounds.bytes` is it necessary to measure the text itself. */
  readonly mostBytes: number
  /** Whether each object has its members in the order of canonical JSON. */
  readonly isSorted: boolean
}

/**
 * Throws `JsonError` unless the value is what `JSON.parse` could have returned from I-JSON (RFC 7493):
 * finite numbers, well-formed strings, plain objects and arrays, within the bounds. Stops as soon as
 * the text would certainly be too large, so a value that repeats its parts a million times costs little.
 */
export function checkJson(
  value: unknown,
  bounds: JsonBounds,
  root: readonly string[] = [],
): CheckedJson {
  const path: (string | number)[] = [...root]
  let least = 0
  let values = 0
  let most = 0
  let isSorted = true

  function fail(code: JsonError['code'], message: string): never {
    throw new JsonError(code, formatJsonPath(path), message)
  }

  function count(fewest: number, atMost: number): void {
    least += fewest
    most += atMost
    if (least > bounds.bytes)
      fail('TOO_LARGE', `larger than ${bounds.bytes} bytes of canonical JSON`)
  }

  function text(string: string): void {
    if (!string.isWellFormed()) fail('NOT_JSON', 'holds a lone surrogate, which UTF-8 cannot carry')
    count(string.length + 2, string.length * MOST_BYTES_OF_UNIT + 2)
  }

  function visit(node: unknown, depth: number): void {
    values += 1
    if (bounds.values !== undefined && values > bounds.values)
      fail('TOO_LARGE', `larger than ${bounds.values} values`)
    if (typeof node === 'string') return text(node)
    if (typeof node === 'boolean' || node === null) return count(4, 5)
    if (typeof node === 'number') {
      if (!Number.isFinite(node)) fail('NOT_JSON', 'is not a finite number')
      return count(1, MOST_BYTES_OF_NUMBER)
    }
    if (!Array.isArray(node) && !isPlainObject(node)) fail('NOT_JSON', 'is not a JSON value')
    if (depth === bounds.depth) fail('TOO_DEEP', `nested deeper than ${bounds.depth} levels`)
    count(2, 2)
    if (Array.isArray(node)) {
      for (let i = 0; i < node.length; i += 1) within(i, node[i], depth)
    } else {
      let before = ''
      for (const name of Object.keys(node)) {
        // By UTF-16 units, as RFC 8785, section 3.2.3, sorts them.
        if (name < before) isSorted = false
        before = name
        text(name)
        within(name, node[name], depth)
      }
    }
  }

  function within(step: string | number, child: unknown, depth: number): void {
    path.push(step)
    // The comma or colon beside it; the first item has none, hence 0 at least.
    count(0, 2)
    visit(child, depth + 1)
    path.pop()
  }

  visit(value, 0)
  return { mostBytes: most, isSorted }
}
