import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeSeqs, type SeqSource } from '../../../../local-daemon/store/namespaces/merge-seqs.ts'

/** A source over some numbers, and how many of them were read of it. */
function sourceOf(seqs: readonly number[], read: { count: number; times: number }): SeqSource {
  const sorted = seqs.toSorted((one, other) => one - other)
  return (after, limit) => {
    const found = sorted.filter((seq) => seq > after).slice(0, limit)
    read.count += found.length
    read.times += 1
    return found
  }
}

test('numbers of several sources come in order, each once, none left out', () => {
  expect.hasAssertions()
  const owners = fc.array(fc.nat({ max: 6 }), { maxLength: 300 })
  fc.assert(
    fc.property(
      owners,
      fc.nat({ max: 310 }),
      fc.integer({ min: 1, max: 320 }),
      (owner, after, most) => {
        const read = { count: 0, times: 0 }
        const sources = Array.from({ length: 7 }, (_, of) =>
          sourceOf(
            owner.flatMap((one, at) => (one === of ? [at + 1] : [])),
            read,
          ),
        )
        const wanted = owner.map((_, at) => at + 1).filter((seq) => seq > after)
        expect(mergeSeqs(sources, after, most)).toEqual(wanted.slice(0, most))
      },
    ),
    { numRuns: 500 },
  )
})

test('a page reads a few times what it gives, and each source a few times', () => {
  const read = { count: 0, times: 0 }
  const sources = Array.from({ length: 50 }, (_, of) =>
    sourceOf(
      Array.from({ length: 2_000 }, (_none, at) => at * 50 + of + 1),
      read,
    ),
  )
  expect(mergeSeqs(sources, 0, 500)).toHaveLength(500)
  expect(read.count).toBeLessThan(3 * 500)
  expect(read.times).toBeLessThan(5 * 50)
})

test('one source among many that has everything is read in few steps', () => {
  const read = { count: 0, times: 0 }
  const all = sourceOf(
    Array.from({ length: 10_000 }, (_, at) => at + 1),
    read,
  )
  const none = Array.from({ length: 100 }, () => sourceOf([], read))
  expect(mergeSeqs([...none, all], 0, 500)).toHaveLength(500)
  expect(read.times).toBeLessThan(100 + 12)
})

test('no source gives nothing', () => {
  expect(mergeSeqs([], 0, 10)).toEqual([])
})
