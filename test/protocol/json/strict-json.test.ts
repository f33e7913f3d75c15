import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseStrictJson, RepeatedMemberError } from '../../../protocol/json/strict-json.ts'

function faultOf(text: string): string | undefined {
  try {
    parseStrictJson(text)
    return undefined
  } catch (error) {
    if (error instanceof RepeatedMemberError) return error.field
    throw error
  }
}

describe('a JSON text that names a member twice', () => {
  test.for([
    ['{"thread":"a","thread":"b"}', 'thread'],
    ['{"body":{"a":1,"a":2}}', 'body.a'],
    ['{"a":1,"\\u0061":1}', 'a'],
    ['{"a":{},"b":{"a":1},"a":{}}', 'a'],
    ['[{"a":1},{"a":1,"a":1}]', '[1].a'],
    ['{"x":[[0,{"k":1}],[1,{"k":1,"l":{},"k":1}]]}', 'x[1][1].k'],
    ['{"":1,"":2}', '[""]'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"a\\"b":1,"a\\"b":2}', '["a\\"b"]'],
    ['{"a\\\\":1,"a\\\\":":"}', '["a\\\\"]'],
    ['{"\\ud83c\\udf75":1,"\u{1f375}":2}', '["\\ud83c\\udf75"]'],
    [' {\n"a" : "x" ,\t"a" : {"b":[]}}', 'a'],
    [`${'['.repeat(200)}{"a":1,"a":1}${']'.repeat(200)}`, expect.stringContaining('[0][0]')],
  ] as const)('%s is refused with the path', ([text, field]) => {
    expect(faultOf(text)).toEqual(field)
  })

  test('is found at any depth without a deep stack', () => {
    const depth = 100_000
    const nested = (inner: string) => `${'{"a":'.repeat(depth)}${inner}${'}'.repeat(depth)}`
    expect(faultOf(nested('{"b":1,"b":2}'))).toMatch(/^a\.a\.a\./)
    expect(faultOf(nested('{"b":1}'))).toBeUndefined()
  })
})

test.for([
  '{}',
  '[]',
  '"a:a"',
  '{"a":":","b":"{\\"a\\":1,\\"a\\":1}"}',
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"a":1,"A":2,"a ":3,"\\u00e9":4,"e\\u0301":5}',
  '{"1":1,"01":2,"1.0":3}',
  '{"__proto__":{"a":1},"constructor":1}',
])('%s names each member once, and is taken', (text) => {
  expect(parseStrictJson(text)).toEqual(JSON.parse(text))
})

describe('a member’s name', () => {
  test.for([
    ['{"\\\\":1}', '{"\\"":1}', ['"']],
    ['{"h":[],"\\\\":0}', '{"h":1,"\\n":2}', ['h', '\n']],
    ['{"a\\\\":1}', '{"a\\u0062":{"\\"":[{"\\t":null}]}}', ['ab']],
  ] as const)('is its own after %s was read', ([before, text, names]) => {
    for (let at = 0; at < 3; at += 1) parseStrictJson(before)
    expect(Object.keys(parseStrictJson(text) as object)).toEqual(names)
  })

  test('may be __proto__, escaped or not', () => {
    const value = parseStrictJson('{"\\u005f_proto__":{"x":1},"b\\n":true}') as object
    expect(Object.entries(value)).toEqual([
      ['__proto__', { x: 1 }],
      ['b\n', true],
    ])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })
})

const name = fc.constantFrom('a', 'b', '', ':', '"', '\\', '\\"', '{', 'é', '🍵', '__proto__', '1')
const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), name)
/** A text that may name a member twice, whether it does, and all names in order. */
interface Tree {
  readonly text: string
  readonly repeats: boolean
  readonly names: readonly string[]
}
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar.map((value) => ({ text: JSON.stringify(value), repeats: false, names: [] })),
    fc.array(tie('tree'), { maxLength: 3 }).map((items) => ({
      text: `[${items.map(({ text }) => text).join(' , ')}]`,
      repeats: items.some(({ repeats }) => repeats),
      names: items.flatMap(({ names }) => names),
    })),
    fc.array(fc.tuple(name, fc.boolean(), tie('tree')), { maxLength: 4 }).map((members) => ({
      text: `{${members.map(([key, escape, { text }]) => `${written(key, escape)}: ${text}`).join(',')}}`,
      repeats:
        new Set(members.map(([key]) => key)).size < members.length ||
        members.some(([, , { repeats }]) => repeats),
      names: members.flatMap(([key, , { names }]) => [key, ...names]),
    })),
  ),
}))

function written(key: string, escape: boolean): string {
  if (!escape) return JSON.stringify(key)
  const units = Array.from({ length: key.length }, (_, at) => key.charCodeAt(at))
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

function namesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(namesOf)
  return Object.entries(value).flatMap(([key, item]) => [key, ...namesOf(item)])
}

test('any text is refused if and only if some object names a member twice, and no name is changed', () => {
  let refused = 0
  fc.assert(
    fc.property(tree, ({ text, repeats, names }) => {
      if (repeats) refused += 1
      expect(faultOf(text) !== undefined).toBe(repeats)
      if (!repeats) expect(namesOf(parseStrictJson(text)).toSorted()).toEqual(names.toSorted())
    }),
    { numRuns: 5_000 },
  )
  expect(refused).toBeGreaterThan(200)
})

test('every value comes back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(2), (value, indent) => {
      for (const whole of [value, { 'a\n': value }]) {
        const text = JSON.stringify(whole, undefined, indent)
        expect(JSON.stringify(parseStrictJson(text), undefined, indent)).toBe(text)
      }
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['no escapes', '"yyyy"'],
  ['escapes', String.raw`"yy\n"`],
])(
  'a text of 20 000 long names with %s costs a few times what JSON.parse does, hot or cold',
  (_what, value) => {
    const members = Array.from({ length: 20_000 }, (_, at) => `"${'x'.repeat(80)}${at}":${value}`)
    const text = `{${members.join(',')}}`
    const timeOf = (read: (text: string) => unknown): number => {
      const from = performance.now()
      read(text)
      return performance.now() - from
    }
    // V8 compiles the loop anew after some turns, and once moved a search of the whole text into it.
    const times = Array.from({ length: 10 }, () => ({
      parse: timeOf(JSON.parse),
      strict: timeOf(parseStrictJson),
    })).slice(5)
    const parse = Math.min(...times.map((of) => of.parse))
    const strict = Math.min(...times.map((of) => of.strict))
    expect(strict).toBeLessThan(20 * parse)
  },
)
