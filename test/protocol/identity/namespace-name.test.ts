import { describe, expect, test } from 'vitest'

import {
  isInNamespace,
  isNamespaceName,
  NAMESPACE_LIMITS,
  namespacesAbove,
} from '../../../protocol/identity/namespace-name.ts'

const longSegment = 'a'.repeat(63)

describe('the name of a namespace', () => {
  test.each([
    'default',
    'team',
    '7',
    'team/ops',
    'a/b/c/d',
    'team_1/o-p-s',
    [longSegment, longSegment, longSegment, longSegment].join('/'),
  ])('may be %s', (name) => {
    expect(isNamespaceName(name)).toBe(true)
    expect(name.length).toBeLessThanOrEqual(NAMESPACE_LIMITS.name)
  })

  test.each([
    ['empty', ''],
    ['upper case', 'Team'],
    ['a trailing slash', 'team/'],
    ['a leading slash', '/team'],
    ['an empty segment', 'team//ops'],
    ['five levels', 'a/b/c/d/e'],
    ['a segment of 64', 'a'.repeat(64)],
    ['dots', 'team/..'],
    ['one dot', '.'],
    ['a leading hyphen', '-team'],
    ['a leading underscore', 'team/_ops'],
    ['a space', 'team ops'],
    ['a line end', 'team\n'],
    ['a letter beyond ASCII', 'équipe'],
    ['a look-alike letter', 'tеam'],
    ['a zero byte', 'team\0'],
    ['a percent sign', 'team%2fops'],
    ['a backslash', 'team\\ops'],
    ['a number', 7],
    ['null', null],
    ['a list', ['team']],
  ])('cannot have %s', (_, name) => {
    expect(isNamespaceName(name)).toBe(false)
  })
})

test('what is above a namespace is told from the outermost on', () => {
  expect(namespacesAbove('team/ops/ci/run')).toEqual(['team', 'team/ops', 'team/ops/ci'])
  expect(namespacesAbove('team')).toEqual([])
})

test.each([
  ['team', 'team', true],
  ['team/ops', 'team', true],
  ['team/ops/ci', 'team', true],
  ['team2', 'team', false],
  ['team2/ops', 'team', false],
  ['team-x', 'team', false],
  ['team', 'team/ops', false],
  ['team/ops2', 'team/ops', false],
])('%s in %s: %s', (name, ancestor, expected) => {
  expect(isInNamespace(name, ancestor)).toBe(expected)
})
