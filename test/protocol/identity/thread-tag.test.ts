import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hasTag,
  isThreadTags,
  threadTag,
  threadTags,
} from '../../../protocol/identity/thread-tag.ts'

const threads = fc.stringMatching(/^th_[A-Za-z0-9_.-]{1,128}$/)

describe('the tags of threads', () => {
  it('are FNV-1a of 32 bits, folded', () => {
    // The 32-bit test vectors of draft-eastlake-fnv: 0x811c9dc5, 0xe40c292c, 0xbf9cf968.
    expect(['', 'a', 'foobar'].map(threadTag)).toEqual(['1cd9', 'cd20', '46f4'])
  })

  it('have every thread that they were made of', () => {
    fc.assert(
      fc.property(fc.array(threads, { minLength: 1, maxLength: 64 }), (reached) => {
        const tags = threadTags(reached)
        expect(isThreadTags(tags)).toBe(true)
        for (const thread of reached) expect(hasTag(tags, threadTag(thread))).toBe(true)
      }),
    )
  })

  it('tell nothing by their order, nor how often', () => {
    fc.assert(
      fc.property(fc.array(threads, { minLength: 1, maxLength: 32 }), (reached) => {
        expect(threadTags([...reached, ...reached].toReversed())).toBe(threadTags(reached))
      }),
    )
  })

  it('are found only where one begins', () => {
    expect(hasTag('12345678', '1234')).toBe(true)
    expect(hasTag('12345678', '5678')).toBe(true)
    expect(hasTag('12345678', '3456')).toBe(false)
    expect(hasTag('12345678', '2345')).toBe(false)
  })

  it('fit about one in 65,536 names by chance, whatever the names are like', () => {
    const tags = threadTags(['th_acquisition'])
    for (const form of [(n: number) => `th_${n}`, (n: number) => `th_plan-${n.toString(36)}`]) {
      let fitting = 0
      for (let n = 0; n < 400_000; n += 1) if (hasTag(tags, threadTag(form(n)))) fitting += 1
      expect(fitting).toBeGreaterThan(0)
      expect(fitting).toBeLessThan(40)
    }
  })

  it.each(['', '123', '12G4', 'ABCD', '1234'.repeat(65), 4, null])('are no %j', (value) => {
    expect(isThreadTags(value)).toBe(false)
  })
})
