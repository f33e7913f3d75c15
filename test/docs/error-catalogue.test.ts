import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROBLEM_STATUS } from '../../protocol/http/problem.ts'
import { errorClasses, errorsIn, thrownErrors } from './thrown-errors.ts'

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const COMMAND_LINE = PAGE.split('\n## Codes of the command line\n')[1]?.split('\n## ')[0] ?? ''

/** Codes that no constructor names: of commander, of report-error.ts and old-node.ts. */
const OF_THE_LINE = [...commanderCodes(), 'INTERNAL', 'NODE_TOO_OLD']

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

/** What commander may say of a command line, in our form of a code, read from its own source. */
function commanderCodes(): string[] {
  const entry = createRequire(import.meta.url).resolve('commander')
  const source = readFileSync(join(dirname(entry), 'lib/command.js'), 'utf8')
  const codes = [...source.matchAll(/code: 'commander\.(\w+)'/gu)].map(([, code = '']) => code)
  return [...codes, 'invalidArgument'].map((code) =>
    code.replaceAll(/[A-Z]/gu, (letter) => `_${letter}`).toUpperCase(),
  )
}

describe('docs/errors.md, "Codes of the command line"', () => {
  const written = rowsOf(COMMAND_LINE)

  test('has every code that the sources make', () => {
    const codes = new Set(written.map(({ code }) => code))
    const missing = THROWN.flatMap((error) =>
      error.codes
        .filter((code) => !codes.has(code))
        .map(
          (code) => `| \`${code}\` | <meaning> | <next step> |   from ${error.file}: ${error.try}`,
        ),
    )
    expect(missing, 'add these rows to the table, in the order of the alphabet').toEqual([])
    expect(OF_THE_LINE.filter((code) => !codes.has(code))).toEqual([])
  })

  test('has no other', () => {
    const made = new Set([...THROWN.flatMap(({ codes }) => codes), ...OF_THE_LINE])
    const stale = written.map(({ code }) => code).filter((code) => !made.has(code))
    expect(stale, 'nothing makes these codes any more: remove their rows').toEqual([])
  })

  test('gives each a meaning and a next step, once, in the order of the alphabet', () => {
    for (const { code, cells } of written) {
      expect([code, cells.length, cells.every((cell) => cell.length > 2)]).toEqual([code, 2, true])
    }
    const firsts = COMMAND_LINE.split('\n').flatMap((line) => /^\| `(\w+)`/u.exec(line)?.[1] ?? [])
    expect(firsts).toEqual(firsts.toSorted())
    expect(written.map(({ code }) => code)).toEqual([...new Set(written.map(({ code }) => code))])
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
    // A proxy's refusal, and what the daemon in the background said.
    expect(foreign).toEqual([
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
