import { describe, expect, test } from 'vitest'
import { exampleLines } from '../../../local-daemon/cli/help/examples.ts'
import { commandTree, helpOf } from './command-tree.ts'
import { callsIn, readCall } from '../../support/cli/example-lines.ts'

const NAMES = commandTree().map(({ name }) => name)

function named(name: string) {
  const found = commandTree().find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no command ${name}`)
  return found
}

describe.each(NAMES)('spl %s --help', (name) => {
  const help = helpOf(named(name), 80)
  const calls = callsIn(help.split('\nExamples:\n')[1] ?? '')

  test('says what it does', () => {
    expect(named(name).command.description()).toMatch(/\S/)
  })

  test('shows examples that the command line takes', async () => {
    expect(calls.length).toBeGreaterThan(0)
    const ran = await Promise.all(calls.map((words) => readCall(words)))
    // A group shows where to start, a command shows itself.
    if (named(name).isGroup) expect(ran.every((one) => one.startsWith(name))).toBe(true)
    else expect(ran).toContain(name)
  })

  test.each([80, 120])('fits %i columns', (columns) => {
    const wide = helpOf(named(name), columns)
      .split('\n')
      .filter((line) => line.length > columns)
    expect(wide).toEqual([])
  })
})

test('every option and argument has a description', () => {
  const silent = commandTree().flatMap(({ name, command }) =>
    [
      ...command.options.map(({ flags, description, hidden }) => [
        flags,
        hidden ? 'hidden' : description,
      ]),
      ...command.registeredArguments.map((argument) => [argument.name(), argument.description]),
    ]
      .filter(([, meaning]) => meaning === '')
      .map(([what]) => `${name} ${what}`),
  )
  expect(silent).toEqual([])
})

describe('examples', () => {
  test('stand in two columns where they fit', () => {
    expect(
      exampleLines(
        [
          ['spl a', 'one'],
          ['spl bb --c', 'two'],
        ],
        80,
      ),
    ).toEqual(['  spl a       # one', '  spl bb --c  # two'])
  })

  test('stand under their meaning where they do not, and go on with a backslash', () => {
    const long = `spl a --first ${'x'.repeat(20)} --second ${'y'.repeat(20)}`
    expect(exampleLines([[long, 'why']], 40)).toEqual([
      '  # why',
      `  spl a --first ${'x'.repeat(20)} \\`,
      `    --second ${'y'.repeat(20)}`,
    ])
    expect(callsIn(exampleLines([[long, 'why']], 40).join('\n'))).toEqual([
      long.split(' ').slice(1),
    ])
  })
})

test('a call is found behind the signs of a shell', () => {
  expect(callsIn(`  T=$(spl token create --sa 'a b') | spl token save -  # spl no`)).toEqual([
    ['token', 'create', '--sa', 'a b'],
    ['token', 'save', '-'],
  ])
})

test.each([
  ["unknown command 'sevre'", 'sevre'],
  ["unknown option '--prot'", 'serve', '--prot', '1'],
  ['missing required argument', 'thread', 'records'],
])('a call that the command line refuses is found: %s', async (reason, ...words) => {
  await expect(readCall(words)).rejects.toThrow(reason)
})
