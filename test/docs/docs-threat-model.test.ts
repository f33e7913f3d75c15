import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { missingOf, namedTests, titlesIn } from './named-tests.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = readFileSync(`${ROOT}docs/threat-model.md`, 'utf8')
const APPENDIX = readFileSync(`${ROOT}docs/appendix/threat-model-tests.md`, 'utf8')

/** Rules that only Node.js and the platform can keep: the appendix says so. */
const UNTESTED = ['L1']

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

/** The rules of one section, in the order of the page: `S1`, `S2`, … */
const rulesIn = (section: string): readonly string[] =>
  [...section.matchAll(/^- ([A-Z]\d+) \*\*/gm)].map(([, rule = '']) => rule)

/** The part of a page under one attacker's heading. */
function sectionOf(page: string, attacker: string): string {
  const [, ...sections] = page.split(`\n## ${attacker}`)
  expect(sections).toHaveLength(1)
  return sections[0]?.split('\n## ')[0] ?? ''
}

/** What the appendix has under each rule. */
const ENTRIES = new Map(
  APPENDIX.split(/^\*\*(?=[A-Z]\d+\*\*$)/m)
    .slice(1)
    .map((entry) => [entry.slice(0, entry.indexOf('**')), entry.split('\n## ')[0] ?? ''] as const),
)

describe('docs/threat-model.md', () => {
  const references = namedTests(APPENDIX)

  test.each(references)('%s has "%s"', (file, name) => {
    expect(missingOf(file, name)).toEqual([])
  })

  test.each(ATTACKERS)('names tests against: %s', (attacker) => {
    expect(namedTests(sectionOf(APPENDIX, attacker)).length).toBeGreaterThan(3)
  })

  test.each(ATTACKERS)('numbers the rules in order, here and in the appendix: %s', (attacker) => {
    const rules = rulesIn(sectionOf(PAGE, attacker))
    expect(rules).toEqual(rules.map((rule, index) => `${rule[0]}${index + 1}`))
    const entries = sectionOf(APPENDIX, attacker).matchAll(/^\*\*(\w+)\*\*$/gm)
    expect([...entries].map(([, rule]) => rule)).toEqual(rules)
  })

  test.each(rulesIn(PAGE))('has a test for %s', (rule) => {
    const tests = namedTests(ENTRIES.get(rule) ?? '')
    expect([rule, tests.length > 0]).toEqual([rule, !UNTESTED.includes(rule)])
  })

  test('names no test file in a form that is not checked', () => {
    const named = [...APPENDIX.matchAll(/`test\/[^`]+`/g)].map(([file]) => file)
    // The one that is named without a title is this file.
    expect(named).toHaveLength(references.length + 1)
    expect(PAGE).not.toContain('`test/')
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
