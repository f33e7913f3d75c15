import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalReach,
  isWithinReach,
  narrows,
  parseReach,
  REACH_LIMITS,
  reachEntries,
  ReachError,
} from '../../../protocol/identity/reach.ts'

const names = fc.array(fc.constantFrom('a', 'a/b', 'a/b/c', 'ab', 'b', 'a-b', 'a/bc'), {
  minLength: 1,
})
const threads = fc.array(fc.constantFrom('th_1', 'th_2', 'th_A.b-c'))
const reaches = fc
  .tuple(names, threads)
  .map(([namespaces, ids]) => canonicalReach({ namespaces, threads: ids }))

describe('the text of a reach', () => {
  it('tells threads by th_, sorts, and leaves out what is named twice or is inside another entry', () => {
    expect(parseReach(['th_b', 'team2', 'team/ops', 'th_a', 'team', 'th_a', 'team'])).toEqual({
      namespaces: ['team', 'team2'],
      threads: ['th_a', 'th_b'],
    })
  })

  it('is read back as the same reach', () => {
    fc.assert(
      fc.property(reaches, (reach) => {
        expect(parseReach(reachEntries(reach))).toEqual(reach)
      }),
    )
  })

  it.each([
    [[]],
    [['']],
    [['Team']],
    [['team/']],
    [['/team']],
    [['team//ops']],
    [['a/b/c/d/e']],
    [['../team']],
    [['team*']],
    [['th_']],
    [['th_a/b']],
    [['th_x y']],
    [[`th_${'x'.repeat(129)}`]],
    [['team', 'x'.repeat(64)]],
  ])('%j is refused', (entries) => {
    expect(() => parseReach(entries)).toThrow(ReachError)
  })

  it(`names at most ${REACH_LIMITS.entries} namespaces and threads together`, () => {
    const most = Array.from(
      { length: REACH_LIMITS.entries },
      (_, at) => `${at % 2 ? 'th_' : ''}${at}`,
    )
    expect(reachEntries(parseReach(most))).toHaveLength(REACH_LIMITS.entries)
    expect(() => parseReach([...most, 'more'])).toThrow(/at most 64/)
  })

  it('cannot have a namespace that reads as a thread', () => {
    expect(() => canonicalReach({ namespaces: ['th_x'], threads: [] })).toThrow(ReachError)
  })
})

describe('a thread is within a reach', () => {
  const reach = parseReach(['team/ops', 'th_x'])
  it.each([
    ['th_x', 'elsewhere', true],
    ['th_x', undefined, true],
    ['th_y', 'team/ops', true],
    ['th_y', 'team/ops/ci', true],
    ['th_y', 'team/ops2', false],
    ['th_y', 'team', false],
    ['th_y', 'team-ops', false],
    ['th_y', 'default', false],
    ['th_y', undefined, false],
    ['th_xx', 'default', false],
    ['TH_X', 'default', false],
  ])('%s in %s: %s', (thread, namespace, expected) => {
    expect(isWithinReach(reach, thread, namespace)).toBe(expected)
  })
})

describe('a reach is handed on', () => {
  it.each([
    [undefined, ['team'], true],
    [['team'], undefined, false],
    [['team'], ['team'], true],
    [['team'], ['team/ops', 'team/dev'], true],
    [['team/ops'], ['team'], false],
    [['team'], ['team2'], false],
    [['team', 'th_x'], ['th_x'], true],
    [['team'], ['th_x'], false],
    [['th_x'], ['th_x', 'th_y'], false],
  ])('from %j to %j: %s', (parent, child, expected) => {
    const read = (entries: string[] | undefined) => entries && parseReach(entries)
    expect(narrows(read(parent), read(child))).toBe(expected)
  })

  it('to a thread of one of its namespaces, where it is known that the thread is there', () => {
    const parent = parseReach(['team'])
    const at = (namespace: string | undefined) =>
      narrows(parent, parseReach(['th_x']), (thread) => (thread === 'th_x' ? namespace : undefined))
    expect(['team', 'team/ops', 'team2', 'default', undefined].map(at)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('never wider: what the child includes, the parent includes', () => {
    const place = fc.tuple(
      fc.constantFrom('th_1', 'th_2', 'th_3'),
      fc.constantFrom('a', 'a/b', 'a/b/c', 'ab', 'a/bc', 'b', undefined),
    )
    fc.assert(
      fc.property(reaches, reaches, place, (parent, child, [thread, namespace]) => {
        if (!narrows(parent, child) || !isWithinReach(child, thread, namespace)) return
        expect(isWithinReach(parent, thread, namespace)).toBe(true)
      }),
    )
  })
})
