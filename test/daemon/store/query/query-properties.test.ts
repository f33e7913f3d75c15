import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../protocol/json/json-value.ts'
import { parseFilter } from '../../../../local-daemon/store/query/parse-filter.ts'
import type { Hit } from '../../../../local-daemon/store/query/record-query.ts'
import { EVERYTHING } from '../../../../local-daemon/store/sight.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { aStore, type TestStore } from '../../../support/daemon/a-store.ts'
import { type Kept, meets } from './reference.ts'

const NAMES = [
  'a',
  'b',
  'a.b',
  '$x',
  '[0]',
  '"',
  "'",
  '__proto__',
  'constructor',
  '',
  'é',
  'n\u0000',
]
const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  'aB%',
  '%',
  '_',
  'é',
  'e\u0301',
  'ß',
  'SS',
  '😀',
  '茶',
  '\u0000',
  "'; --",
]
const NUMBERS = [0, -1, 1, 2, 1.5, 1e21, -1e-7, 2 ** 60, 9007199254740991]
const THREADS = ['th_one', 'th_two', 'th_three']
const ACTORS = ['did:sync:user:ada', 'did:sync:user:bob']
const ACTS = ['DO', 'KNOW'] as const

const name = fc.constantFrom(...NAMES)
const scalar = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.constantFrom(...NUMBERS),
  fc.boolean(),
  fc.constant(null),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc.array(fc.tuple(name, tie('value')), { maxLength: 3 }).map(objectOf),
    },
  ),
}))
const body = fc.array(fc.tuple(name, value), { maxLength: 4 }).map(objectOf)

/** With own members, also one called `__proto__`. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const object = {}
  for (const [key, of] of entries) {
    Object.defineProperty(object, key, {
      value: of,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

const PLAIN = /^[^.[\]"]+$/u
const path = fc
  .array(fc.oneof({ weight: 4, arbitrary: name }, { weight: 1, arbitrary: fc.nat(2) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map(
    (steps) =>
      `body${steps.map((one) => (typeof one === 'number' ? `[${one}]` : PLAIN.test(one) ? `.${one}` : `.${JSON.stringify(one)}`)).join('')}`,
  )
const ordered = fc.oneof(fc.constantFrom(...TEXTS), fc.constantFrom(...NUMBERS))
const pattern = fc
  .array(fc.constantFrom('%', '_', '\\%', '\\_', '\\\\', 'a', 'A', 'b', 'é', 'S', '😀', '\u0301'), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''))
function operatorsOf(values: fc.Arbitrary<unknown>, order: fc.Arbitrary<unknown>) {
  return fc.oneof(
    fc.record({ $eq: values }),
    fc.record({ $ne: values }),
    fc.record({ $in: fc.array(values, { maxLength: 3 }) }),
    fc.record({ $nin: fc.array(values, { maxLength: 3 }) }),
    fc.record({ $gt: order }),
    fc.record({ $lte: order }),
    fc.record({ $gte: order, $lt: order }),
    fc.record({ $not: fc.record({ $gte: order }) }),
    fc.record({ $exists: fc.boolean() }),
  )
}
const likes = fc.oneof(fc.record({ $like: pattern }), fc.record({ $ilike: pattern }))
const clocks = fc.nat(40)
const condition = fc.oneof(
  fc.tuple(path, fc.oneof(operatorsOf(value, ordered), likes, scalar)),
  fc.tuple(
    fc.constant('thread'),
    fc.oneof(
      fc.constantFrom(...THREADS),
      operatorsOf(fc.constantFrom(...THREADS), fc.constantFrom(...THREADS)),
    ),
  ),
  fc.tuple(
    fc.constant('actor'),
    fc.oneof(
      fc.constantFrom(...ACTORS),
      operatorsOf(fc.constantFrom(...ACTORS), fc.constantFrom(...ACTORS)),
      likes,
    ),
  ),
  fc.tuple(fc.constant('act'), fc.constantFrom('DO', 'KNOW', 'LEARN')),
  fc.tuple(fc.constant('clock'), operatorsOf(clocks, fc.oneof(clocks, fc.constant(3.5)))),
  fc.tuple(fc.constant('namespace'), fc.constantFrom('default', 'team', 'other')),
)
const { filter } = fc.letrec((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    {
      weight: 5,
      arbitrary: fc
        .array(condition, { minLength: 1, maxLength: 3 })
        .map((all) => Object.fromEntries(all)),
    },
    {
      weight: 1,
      arbitrary: fc.record({ $and: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ $or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    },
    { weight: 1, arbitrary: fc.record({ $not: tie('filter') }) },
  ),
})) as { filter: fc.Arbitrary<Record<string, unknown>> }

describe('a query finds what its filter says', () => {
  let at: TestStore
  let all: Kept[]

  beforeAll(async () => {
    at = aStore()
    at.store.close()
    const database = new Database(at.path)
    database.exec("INSERT INTO namespaces (id, name) VALUES (2, 'team')")
    database.close()
    at.reopen()
    const drafts = fc.sample(
      fc.tuple(
        body,
        fc.constantFrom(...THREADS),
        fc.constantFrom(...ACTORS),
        fc.constantFrom(...ACTS),
      ),
      300,
    )
    const first = new Map<string, string>()
    all = []
    for (const [given, thread, actor, act] of drafts) {
      // A namespace is that of the thread's first record.
      const inTeam = thread === 'th_two' && !first.has(thread)
      const body = (inTeam ? { ...given, namespace: 'team' } : given) as JsonObject
      if (!first.has(thread)) first.set(thread, inTeam ? 'team' : 'default')
      const { record } = await at.store.append(aDraft({ body, thread, actor, act }))
      const fields = JSON.parse(record.raw) as Kept['fields']
      all.push({
        record,
        fields: { ...fields, namespace: first.get(thread) },
        body: fields['body'],
      })
    }
  })
  afterAll(() => at[Symbol.dispose]())

  async function pagesOf(
    given: Record<string, unknown>,
    order: {
      readonly by: 'arrival' | 'clock'
      readonly descending: boolean
      readonly limit: number
    },
  ): Promise<number[]> {
    const found: number[] = []
    let after: Hit | undefined
    for (;;) {
      const query = {
        ...order,
        sight: EVERYTHING,
        condition: parseFilter(given),
        upTo: all.length,
        after,
      }
      const signal = new AbortController().signal
      const { hits, more } = await at.store.query(query, { holder: 'one', signal })
      found.push(...hits.map(({ seq }) => seq))
      if (!more) return found
      after = hits.at(-1)
    }
  }

  it('by every operator and field, in each order, page by page', async () => {
    const property = fc.asyncProperty(
      filter,
      fc.constantFrom('arrival', 'clock'),
      fc.boolean(),
      fc.constantFrom(40, 500),
      async (given, by, descending, limit) => {
        const met = all.filter((kept) => meets(kept, given))
        const order = met.toSorted((one, other) => {
          const byClock = Number(one.fields['clock']) - Number(other.fields['clock'])
          return by === 'clock' && byClock !== 0 ? byClock : one.record.seq - other.record.seq
        })
        const expected = order.map(({ record }) => record.seq)
        const found = await pagesOf(given, { by, descending, limit })
        expect(found).toEqual(descending ? expected.toReversed() : expected)
      },
    )
    await fc.assert(property, { numRuns: 150 })
  })
})
