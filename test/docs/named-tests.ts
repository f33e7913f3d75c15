import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** How a page names a test: `file` — "group › title"; lines may break after `—` and inside the quotes. */
const REFERENCE = /`(test\/[^`]+)` —\s+"([^"]+)"/g

/** The tests that a page names: file, and name. */
export function namedTests(page: string): readonly (readonly [file: string, name: string])[] {
  return [...page.matchAll(REFERENCE)].map(
    ([, file = '', name = '']) => [file, name.replaceAll(/\s+/g, ' ')] as const,
  )
}

/** The first argument of `test('…',` or `test.each(…)('…',`; a skipped one is none. */
const PLAIN = /\b(test|it|describe)(?:\.concurrent)?\(\s*(['"`])((?:(?!\2).)+)\2\s*,/g
const LISTED =
  /\b(test|it|describe)(?:\.concurrent)?\.(?:each|for|runIf|skipIf)\b|\)\(\s*(['"`])((?:(?!\2).)+)\2\s*,/g

interface Titles {
  readonly groups: ReadonlySet<string>
  readonly tests: ReadonlySet<string>
}

/** The titles of a test file's groups and tests. */
export function titlesIn(source: string): Titles {
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
export function missingOf(file: string, name: string): readonly string[] {
  if (!existsSync(ROOT + file)) return [file]
  const { groups, tests } = titlesIn(readFileSync(ROOT + file, 'utf8'))
  const parts = name.split(' › ')
  const title = parts.pop() ?? ''
  return [
    ...parts.filter((part) => !groups.has(part)),
    ...[title].filter((last) => !tests.has(last)),
  ]
}
