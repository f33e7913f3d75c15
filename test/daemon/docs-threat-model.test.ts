import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = readFileSync(`${ROOT}docs/threat-model.md`, 'utf8')

/** How the page names a test: `file` — "group › title". */
const REFERENCE = /`(test\/[^`]+)` — "([^"]+)"/g
const ATTACKERS = [
  'A stranger on the internet',
  'A hostile page in the owner',
  'A hostile peer, or the holder of a narrow token',
  'A compromised edge',
  'A stolen device token',
  'Another user of the same machine',
  'Somebody on the network path',
  'A thief of a backup or of the disk',
]

/** The first argument of `test('…',` or `test.each(…)('…',`; a skipped one is none. */
const PLAIN = /\b(test|it|describe)(?:\.concurrent)?\(\s*(['"`])((?:(?!\2).)+)\2\s*,/g
const LISTED =
  /\b(test|it|describe)(?:\.concurrent)?\.(?:each|for|runIf|skipIf)\b|\)\(\s*(['"`])((?:(?!\2).)+)\2\s*,/g

interface Titles {
  readonly groups: ReadonlySet<string>
  readonly tests: ReadonlySet<string>
}

function titlesIn(source: string): Titles {
  const groups = new Set<string>()
  const tests = new Set<string>()
  for (const [, kind, , title = ''] of source.matchAll(PLAIN)) {
    ;(kind === 'describe' ? groups : tests).add(title)
  }
  // The title comes after the list, which may be long: the next one belongs to the call that was opened last.
  let opened: string | undefined
  for (const [, kind, , title] of source.matchAll(LISTED)) {
    if (title !== undefined && opened !== undefined) {
      ;(opened === 'describe' ? groups : tests).add(title)
    }
    opened = title === undefined ? kind : undefined
  }
  return { groups, tests }
}

/** What of a named test is not there. */
function missingOf(file: string, name: string): readonly string[] {
  if (!existsSync(ROOT + file)) return [file]
  const { groups, tests } = titlesIn(readFileSync(ROOT + file, 'utf8'))
  const parts = name.split(' › ')
  const title = parts.pop() ?? ''
  return [
    ...parts.filter((part) => !groups.has(part)),
    ...[title].filter((last) => !tests.has(last)),
  ]
}

describe('docs/threat-model.md', () => {
  const references = [...PAGE.matchAll(REFERENCE)].map(([, file = '', name = '']) => [file, name])

  test.each(references)('%s has "%s"', (file = '', name = '') => {
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
    const here = 'test/daemon/docs-threat-model.test.ts'
    expect(missingOf('test/daemon/nothing.test.ts', 'x')).toEqual(['test/daemon/nothing.test.ts'])
    expect(missingOf(here, `a title › ${'re'}named`)).toEqual(['renamed'])
    expect(missingOf(here, `${'no'} group › or a file that is not there is missed`)).toEqual([
      'no group',
    ])
  })
})
