import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import config from '../../vitest.config.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '')

const MOST_LINES_OF_CODE = 300
const MOST_LINES_OF_A_TEST = 400
const MOST_FILES = 30

/** Longer than the rest, with the reason. */
const LONG_FILES: ReadonlySet<string> = new Set([
  // Generated from openapi.json.
  'test/openapi/generated-client.ts',
  // One class with one lifetime each: its parts read and write the same few fields at every turn.
  'protocol/multiplexer/multiplexer.ts',
])
/** More files than the rest, with the reason. */
const FULL_FOLDERS: ReadonlySet<string> = new Set([
  // One file for each decision.
  'docs/decisions',
])

const linesOf = (path: string): number => readFileSync(join(ROOT, path), 'utf8').split('\n').length
const isThere = (path: string): boolean => FILES.includes(path)

describe('every room can be seen at a glance', () => {
  const ts = FILES.filter((path) => path.endsWith('.ts') && !LONG_FILES.has(path))

  test(`a file of code has fewer than ${MOST_LINES_OF_CODE} lines`, () => {
    const code = ts.filter((path) => !path.startsWith('test/'))
    expect(code.length).toBeGreaterThan(400)
    expect(code.filter((path) => linesOf(path) > MOST_LINES_OF_CODE)).toEqual([])
  })

  test(`a file of tests has at most ${MOST_LINES_OF_A_TEST} lines`, () => {
    const tests = ts.filter((path) => path.startsWith('test/'))
    expect(tests.length).toBeGreaterThan(400)
    expect(tests.filter((path) => linesOf(path) > MOST_LINES_OF_A_TEST + 1)).toEqual([])
  })

  test(`a folder has at most ${MOST_FILES} files`, () => {
    const counts = new Map<string, number>()
    for (const path of FILES) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
    const full = [...counts].filter(([folder, count]) => count > MOST_FILES && folder !== '.')
    expect(full.map(([folder]) => folder).filter((folder) => !FULL_FOLDERS.has(folder))).toEqual([])
  })
})

/** Each file of tests, and the files of tests that it imports. */
const IMPORTS = FILES.filter((path) => path.startsWith('test/') && path.endsWith('.ts')).map(
  (path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const found = [...text.matchAll(/'(\.{1,2}\/[^']+\.ts)'/gu)]
    const targets = found.map(([, target = '']) => normalize(join(dirname(path), target)))
    return { path, targets: targets.filter((target) => target.startsWith('test/')).filter(isThere) }
  },
)

/** A suite is a folder of `test/`, or a room in `test/daemon/` and `test/gateway/`; empty for a file of `test/` itself. */
function suiteOf(path: string): string {
  if (dirname(path) === 'test') return ''
  const [, part = '', room = ''] = path.split('/')
  return ['daemon', 'gateway'].includes(part) ? `${part}/${room}` : part
}

describe('test/support/', () => {
  test('is all that suites import of each other', () => {
    const across = IMPORTS.flatMap(({ path, targets }) =>
      targets
        .filter((target) => ![suiteOf(path), 'support', ''].includes(suiteOf(target)))
        // A page that says what a simulation does is compared with the simulation.
        .filter((target) => target !== 'test/daemon/tunnel/states/random-plays.ts')
        // What every answer is compared with, in all suites.
        .filter((target) => !(suiteOf(path) === 'support' && suiteOf(target) === 'openapi'))
        .map((target) => `${path} imports ${target}`),
    )
    expect(across).toEqual([])
  })

  test('holds nothing that only one suite uses', () => {
    const usersOf = (target: string): readonly string[] =>
      IMPORTS.filter(({ targets }) => targets.includes(target)).map(({ path }) => path)
    const suitesOf = (target: string, seen = new Set([target])): readonly string[] =>
      usersOf(target).flatMap((user) => {
        if (suiteOf(user) !== 'support') return [suiteOf(user)]
        if (seen.has(user)) return []
        seen.add(user)
        return suitesOf(user, seen)
      })
    const support = IMPORTS.map(({ path }) => path).filter((path) => suiteOf(path) === 'support')
    expect(support.length).toBeGreaterThan(30)
    expect(support.filter((path) => new Set(suitesOf(path)).size < 2)).toEqual([])
  })
})

test('every file that vitest.config.ts names is there', () => {
  const named = (config.test?.projects ?? []).flatMap((project) =>
    typeof project === 'object' && 'test' in project
      ? [...(project.test?.include ?? []), ...(project.test?.exclude ?? [])]
      : [],
  )
  const paths = named.flatMap((pattern) => {
    const [whole, names = ''] = /\{(.*)\}/u.exec(pattern) ?? []
    if (whole === undefined) return [pattern]
    return names.split(',').map((name) => pattern.replace(whole, name))
  })
  expect(paths.length).toBeGreaterThan(50)
  expect(paths.filter((path) => !path.includes('*') && !isThere(path))).toEqual([])
})
