import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../protocol/json/json-value.ts'
import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { anOrigin, aStore, type TestStore } from '../../../support/daemon/a-store.ts'
import { indexed, searchStore, seqsOf } from './search-a-store.ts'

const PIECES = [
  'a',
  'A',
  'b',
  'tea',
  'Tea',
  'é',
  'e\u0301',
  'ß',
  'SS',
  'ς',
  'Σ',
  'İ',
  'ı',
  '\u0301',
  '茶',
  '上海',
  '上',
  '🍵',
  '👩‍👧',
  '한',
  '\u1112\u1161\u11ab',
  'ꙮ',
  '\u{f0000}',
  '\u{10ffff}',
  '"',
  "'",
  '*',
  '-',
  '.',
  'AND',
  'NEAR(',
  ':',
  '(',
  ')',
  '^',
  '+',
  '{',
  '%',
  '_',
  '\\',
  '\u0000',
  ' ',
  ' ',
  '\n',
  '\t',
  'example.com',
  '\u00a0',
  '\ufffd',
  '\u202e',
]
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 7 }).map((parts) => parts.join(''))
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: text },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, 1, 1.5) },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.dictionary(text, tie('value'), { maxKeys: 3 }) },
  ),
}))
const body = fc.dictionary(fc.constantFrom('text', 'goal', 'a.b', '茶'), value, { maxKeys: 3 })
const bodies = fc.sample(body, { seed: 11, numRuns: 400 }) as JsonObject[]

/** What docs/find.md says, without an index: NFC, letter case does not count, accents do. */
const fold = (one: string) =>
  one.normalize('NFC').toUpperCase().toLowerCase().replace(/ς/gu, 'σ').normalize('NFC')

function textsIn(one: unknown): string[] {
  if (typeof one === 'string') return [fold(one)]
  return typeof one === 'object' && one !== null ? Object.values(one).flatMap(textsIn) : []
}

/** A word without a space as it is, anything else in quotes. */
const words = fc.array(
  fc
    .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''))
    .filter((one) => !one.includes('"') && one.trim() !== ''),
  { minLength: 1, maxLength: 3 },
)
/** Words that are there, from a place in a text. */
const cuts = fc.tuple(fc.nat(bodies.length - 1), fc.nat(99), fc.nat(99), fc.nat(6))

function cut([of, which, from, length]: readonly [number, number, number, number]): string[] {
  const texts = textsIn(bodies[of])
  const letters = [...(texts[which % Math.max(1, texts.length)] ?? '')]
  const start = from % Math.max(1, letters.length)
  const part = letters.slice(start, start + length + 1).join('')
  return part.includes('"') || part.trim() === '' ? ['tea'] : [part]
}

const wanted = fc.oneof({ weight: 1, arbitrary: words }, { weight: 2, arbitrary: cuts.map(cut) })

describe('a search finds each record that has all words in its texts, and no other', () => {
  let at: TestStore
  const kept: { readonly seq: number; readonly texts: readonly string[] }[] = []

  beforeAll(async () => {
    at = aStore()
    for (const one of bodies) await keep(one)
  })
  afterAll(async () => {
    await at.store.searchIndex.close()
    at[Symbol.dispose]()
  })

  async function keep(one: JsonObject): Promise<void> {
    const { record } = await at.store.append(aDraft({ body: one }))
    kept.push({ seq: record.seq, texts: textsIn(one) })
  }

  async function compare(store = at.store, runs = 250): Promise<number> {
    let found = 0
    await fc.assert(
      fc.asyncProperty(wanted, async (some) => {
        const q = some.map((one) => (/\s/u.test(one) ? `"${one}"` : one)).join(' ')
        const folded = some.map(fold)
        const expected = kept
          .filter(({ texts }) => folded.every((word) => texts.some((one) => one.includes(word))))
          .map(({ seq }) => seq)
          .toReversed()
        expect(await seqsOf(store, q)).toEqual(expected)
        found += expected.length
      }),
      { numRuns: runs, seed: 5 },
    )
    return found
  }

  it('while nothing is indexed', async () => {
    expect(await compare()).toBeGreaterThan(100)
  }, 60_000)

  it('once all is indexed, and with records that came later', async () => {
    await indexed(at.store)
    expect((await searchStore(at.store, 'tea')).behind).toBe(0)
    expect(await compare(at.store, 700)).toBeGreaterThan(100)
    for (const one of bodies.slice(0, 50)) await keep(one)
    const found = await searchStore(at.store, '茶')
    expect(found.complete).toBe(true)
    expect(await compare()).toBeGreaterThan(100)
  }, 120_000)

  it('after a restart, with the index as it was', async () => {
    await indexed(at.store)
    await at.store.searchIndex.close()
    await indexed(at.reopen())
    expect(await compare()).toBeGreaterThan(100)
  }, 60_000)

  it('in memory', async () => {
    const memory = openStore({ path: null, origin: anOrigin() })
    for (const one of bodies) await memory.append(aDraft({ body: one }))
    memory.searchIndex.isEnabled = true
    kept.splice(bodies.length)
    expect(await compare(memory)).toBeGreaterThan(100)
    memory.close()
  }, 60_000)
})
