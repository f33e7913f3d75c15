import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PROBLEM_STATUS } from '../../protocol/http/problem.ts'
import { codesOfTheLine, commandLineErrors } from './command-line-errors.ts'
import { errorClasses, errorsIn, thrownErrors } from './thrown-errors.ts'
import { wordsOf } from './words-of.ts'

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const APPENDIX = new URL('../../docs/appendix/command-line-errors.md', import.meta.url)
const MARKED = /(?<=<!-- errors -->\n)[^]*(?=\n<!-- \/errors -->)/u

const THROWN = thrownErrors()

interface Row {
  readonly code: string
  readonly cells: readonly string[]
}

function rowsOf(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/u)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .flatMap(([codes = '', ...cells]) =>
      [...codes.matchAll(/`(\w+)`/gu)].map(([, code = '']) => ({ code, cells })),
    )
}

/** The codes of the appendix, in its order, with the messages and next steps below each. */
function entriesOf(page: string) {
  const parts = page.split(/^## `(\w+)`$/mu).slice(1)
  return parts.flatMap((code, at) => {
    if (at % 2 === 1) return []
    const text = parts[at + 1] ?? ''
    const lines = (word: string) =>
      [...text.matchAll(new RegExp(`^${word}: (.+)$`, 'gmu'))].map(([, line = '']) => line)
    return [{ code, messages: lines('error'), steps: lines('try') }]
  })
}

test('docs/appendix/command-line-errors.md has what the sources print', () => {
  const page = readFileSync(APPENDIX, 'utf8')
  if (process.env['REFRESH_PAGES'] === '1') {
    writeFileSync(
      APPENDIX,
      page.replace(MARKED, () => commandLineErrors()),
    )
    return
  }
  const refresh = 'REFRESH_PAGES=1 npx vitest run test/docs/error-catalogue.test.ts'
  expect(page.match(MARKED)?.[0], `It has changed; to write it anew: ${refresh}`).toBe(
    commandLineErrors(),
  )
})

describe('docs/appendix/command-line-errors.md', () => {
  const written = entriesOf(readFileSync(APPENDIX, 'utf8'))

  test('has every code that the sources make', () => {
    const codes = new Set(written.map(({ code }) => code))
    const missing = THROWN.flatMap((error) => error.codes.filter((code) => !codes.has(code)))
    expect(missing).toEqual([])
    expect(codesOfTheLine().filter((code) => !codes.has(code))).toEqual([])
  })

  test('has no other', () => {
    const made = new Set([...THROWN.flatMap(({ codes }) => codes), ...codesOfTheLine()])
    const stale = written.map(({ code }) => code).filter((code) => !made.has(code))
    expect(stale, 'nothing makes these codes any more').toEqual([])
  })

  test('gives each a meaning and a next step, once, in the order of the alphabet', () => {
    for (const { code, messages, steps } of written) {
      const told = messages.length > 0 && messages.length === steps.length
      const whole = [...messages, ...steps].every((text) => text.length > 2)
      expect([code, told, whole]).toEqual([code, true, true])
      for (const message of messages) expect(message).toContain(`[${code}]`)
    }
    const codes = written.map(({ code }) => code)
    expect(codes).toEqual(codes.toSorted())
    expect(codes).toEqual([...new Set(codes)])
  })
})

describe('the words of an expression', () => {
  test.each([
    ["'it is off'", ['it is off']],
    ['`no ${f("a b")} in ${`${x} y`}, here`', ['no … in …, here']],
    ["a === 'bool' ? 'yes, it is' : `no ${x}`", ['yes, it is', 'no …']],
    ["problem.try ?? 'do it again'", ['do it again']],
    ["'go to ' + place", ['go to …']],
    ["'socket' in target ? 'one' : 'two'", ['one', 'two']],
    ["'don\\'t'", ["don't"]],
    ['message', []],
  ])('%s', (expression, words) => {
    expect(wordsOf(expression)).toEqual(words)
  })
})

/** A command, an option, a variable, a file, an address, a guess, or a verb at the beginning that tells what to do. */
const NEXT_STEP = new RegExp(
  [
    String.raw`\bspl\b|--\w|\bSPL_|\bSYNCROPEL_|\.log\b|\bhttps?:|\bchmod\b|\bnp[mx]\b|\bjournalctl\b|\bCLOUDFLARE_|\bdid you mean\b`,
    '[\'`"](?:add|another|check|choose|copy|correct|end|find|give|install|leave|letters|look|make|move|name|pipe',
    'put|read|remove|register|run|say|sudo|the directory|the version|type|see|set|start|stop|the last lines|the same command|wait)\\b',
  ].join('|'),
  'iu',
)

/** What another said, or a table of causes, goes on as it is. */
const PASSED_ON = /^\w+\.try(?: \?\? nextStep\(|$)/u

describe('every error for people', () => {
  test.each(
    THROWN.map((error) => [`${error.codes.join(' or ')} of ${error.file}`, error] as const),
  )('%s says what is wrong and names a next step', (_name, error) => {
    expect(error.message).toMatch(/\w/u)
    expect(error.message).not.toMatch(/^['"`]{2}$/u)
    if (!PASSED_ON.test(error.try)) expect(error.try).toMatch(NEXT_STEP)
  })

  test('has a code that the source names, except those that pass on what another said', () => {
    const foreign = THROWN.filter(({ codes }) => codes.length === 0).map(({ file }) => file)
    // An error in other words, a proxy's refusal, and what the daemon in the background said.
    expect(foreign).toEqual([
      'local-daemon/cli/cli-error.ts',
      'local-daemon/cli/client/connection-fault.ts',
      'local-daemon/cli/serve/run-background.ts',
    ])
  })

  test('is found at all', () => {
    expect(THROWN.length).toBeGreaterThan(60)
    expect(THROWN.flatMap(({ codes }) => codes)).toContain('HOST_WILDCARD')
  })
})

test('every problem code has a row with a next step in the first table', () => {
  const first = PAGE.split('\n## ')[0] ?? ''
  const steps = new Map(rowsOf(first).map(({ code, cells }) => [code, cells.at(-1)]))
  for (const code of Object.keys(PROBLEM_STATUS))
    expect([code, steps.get(code)]).toEqual([code, expect.stringMatching(/\w/u)])
})

describe('the search', () => {
  test('finds classes, codes behind a condition, and codes that are handed to a function', () => {
    const source = `
      class TeaError extends Error {
        constructor(code: string, message: string, next: string) { super(message) }
      }
      class OtherError extends Error {
        constructor(kind: string) { super(kind) }
      }
      const WAYS = 'drink, then: spl tea'
      if (a) throw new TeaError(b ? 'TEA_COLD' : 'TEA_GONE', \`no, \${f('x, y')} tea\`, WAYS)
      throw refused('TEA_HOT')
      function refused(code: string) { return new TeaError(code, 'hot (very)', '', ) }`
    expect(errorClasses(source)).toEqual(['TeaError'])
    expect(errorsIn('tea.ts', source, ['TeaError'])).toEqual([
      {
        file: 'tea.ts',
        codes: ['TEA_COLD', 'TEA_GONE'],
        message: "`no, ${f('x, y')} tea`",
        try: "'drink, then: spl tea'",
      },
      { file: 'tea.ts', codes: ['TEA_HOT'], message: "'hot (very)'", try: "''" },
    ])
    expect("''").not.toMatch(NEXT_STEP)
    expect("'something is odd'").not.toMatch(NEXT_STEP)
  })
})
