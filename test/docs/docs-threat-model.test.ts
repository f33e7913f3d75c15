import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { missingOf, namedTests, REFERENCE, titlesIn } from './named-tests.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = readFileSync(`${ROOT}docs/threat-model.md`, 'utf8')

const ATTACKERS = [
  'A stranger on the internet',
  'A hostile page in the owner',
  'A hostile peer, or the holder of a narrow token',
  'Another owner of the same gateway',
  'A compromised edge',
  'A stolen device token',
  'Another user of the same machine',
  'A machine on the private network',
  'Somebody on the network path',
  'A thief of a backup or of the disk',
]

describe('docs/threat-model.md', () => {
  const references = namedTests(PAGE)

  test.each(references)('%s has "%s"', (file, name) => {
    expect(missingOf(file, name)).toEqual([])
  })

  test.each(ATTACKERS)('names tests against: %s', (attacker) => {
    const [, ...sections] = PAGE.split(`\n## ${attacker}`)
    expect(sections).toHaveLength(1)
    const section = sections[0]?.split('\n## ')[0] ?? ''
    expect([...section.matchAll(REFERENCE)].length).toBeGreaterThan(3)
  })

  test('names no test file in a form that is not checked', () => {
    const named = [...PAGE.matchAll(/`test\/[^`]+`/g)].map(([file]) => file)
    // The one that is named without a title is this file.
    expect(named).toHaveLength(references.length + 1)
  })
})

describe('a title', () => {
  const source = [
    "describe('group', () => {",
    "  it('plain', () => {})",
    "  test.each([['a', ['b']]])(",
    "    'listed %s', () => {})",
    "  test.skip('skipped', () => {})",
    "  expect(told(1)('argument', 2)).toBe('value')",
    '})',
    "describe.each<[string]>([['x']])('groups %s', () => {})",
  ].join('\n')

  test('is found where a test or group is opened', () => {
    const { groups, tests } = titlesIn(source)
    expect([...groups]).toEqual(['group', 'groups %s'])
    expect([...tests]).toEqual(['plain', 'listed %s'])
  })

  test('or a file that is not there is missed', () => {
    const here = 'test/docs/docs-threat-model.test.ts'
    expect(missingOf('test/daemon/nothing.test.ts', 'x')).toEqual(['test/daemon/nothing.test.ts'])
    expect(missingOf(here, `a title › ${'re'}named`)).toEqual(['renamed'])
    expect(missingOf(here, `${'no'} group › or a file that is not there is missed`)).toEqual([
      'no group',
    ])
  })
})
