import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { SHOWN } from '../../local-daemon/tunnel/states/enter.ts'
import type { EventName } from '../../local-daemon/tunnel/states/events.ts'
import { ignore, never } from '../../local-daemon/tunnel/states/ignore.ts'
import type { StateName } from '../../local-daemon/tunnel/states/state.ts'
import { TABLE } from '../../local-daemon/tunnel/states/table.ts'
import { cellOf, play } from '../daemon/tunnel/states/random-plays.ts'
import { missingOf, namedTests } from './named-tests.ts'

const FILE = new URL('../../docs/tunnel-states.md', import.meta.url)
const STATES = Object.keys(TABLE) as StateName[]
const EVENTS = Object.keys(TABLE.connected) as EventName[]

/** As the page has a cell of the table. */
function cellText(state: StateName, event: EventName): string {
  const move: { readonly name: string } = TABLE[state][event]
  if (move === never) return ''
  return move === ignore ? '—' : `\`${move.name}\``
}

/** The states that each move leads to, as random events do; `the same` stands for no change. */
function nextStates(): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>()
  play((_shell, taken) => {
    const cell = cellOf(taken)
    if (cell === undefined) return
    const { name } = TABLE[cell[0]][cell[1]]
    const { name: to } = taken.step.state
    const all = found.get(name) ?? new Set()
    found.set(name, all.add(to === taken.before.name ? 'the same' : to))
  })
  return new Map([...found].map(([move, states]) => [move, [...states].toSorted().join(', ')]))
}

/** The rows of the page's table that begins so: the cells of each, by the first one. */
function rowsOf(page: string, head: string): ReadonlyMap<string, readonly string[]> {
  const text = page.split(`\n| ${head} |`)[1]?.split('\n\n')[0] ?? ''
  const rows = text.split('\n').slice(2)
  return new Map(
    rows
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .map(([first = '', ...others]) => [first, others] as const),
  )
}

/** The page with the table as the code has it, and the next states as they were found. */
function written(page: string, moves: ReadonlyMap<string, string>): string {
  const line = (cells: readonly string[]) =>
    `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`
  const rows = EVENTS.map((event) =>
    line([event, ...STATES.map((state) => cellText(state, event))]),
  )
  const table = [line(['event', ...STATES]), line(['---', ...STATES.map(() => '---')]), ...rows]
  return page
    .replace(/\| event \|.+\n\| --- [^]*?\n\n/u, `${table.join('\n')}\n\n`)
    .replaceAll(/^(\| `(\w+)` \| .* \|) [^|]* \|$/gmu, (row, start: string, move: string) =>
      moves.has(move) ? `${start} ${moves.get(move)} |` : row,
    )
}

const found = nextStates()
if (process.env['WRITE_DOCS'] === 'true')
  writeFileSync(FILE, written(readFileSync(FILE, 'utf8'), found))
const PAGE = readFileSync(FILE, 'utf8')
const APPENDIX = readFileSync(
  new URL('../../docs/appendix/tunnel-tests.md', import.meta.url),
  'utf8',
)
const references = namedTests(APPENDIX)
/** What the appendix has under each number. */
const ENTRIES = new Map(
  APPENDIX.split(/^\*\*(?=G?\d+\*\*$)/mu)
    .slice(1)
    .map((entry) => [entry.slice(0, entry.indexOf('**')), entry.split('\n## ')[0] ?? ''] as const),
)

describe('docs/tunnel-states.md', () => {
  test.each(references)('%s has "%s"', (file, name) => {
    expect(missingOf(file, name)).toEqual([])
  })

  test('numbers its invariants in order, and names a test for each', () => {
    const section = PAGE.split('\n## Invariants\n')[1]?.split('\n## ')[0] ?? ''
    const invariants = [...section.matchAll(/^(\d+)\. /gmu)].map(([, number]) => number)
    expect(invariants.length).toBeGreaterThan(10)
    expect(invariants).toEqual(invariants.map((_, index) => String(index + 1)))
    const rules = [...PAGE.matchAll(/^- (G\d+) /gmu)].map(([, rule]) => rule)
    expect([...ENTRIES.keys()]).toEqual([...invariants, ...rules])
    for (const [number, entry] of ENTRIES) {
      expect([number, namedTests(entry).length]).not.toEqual([number, 0])
    }
  })

  test('names no test file in a form that is not checked', () => {
    const named = [...APPENDIX.matchAll(/`test\/[^`]+`/gu)]
    // The one that is named without a title is this file.
    expect(named).toHaveLength(references.length + 1)
    expect(PAGE).not.toContain('`test/')
  })

  test('has a row for each state that the status can tell', () => {
    const source = readFileSync(
      new URL('../../local-daemon/tunnel/tunnel-status.ts', import.meta.url),
      'utf8',
    )
    const union = source.split('export type TunnelState =')[1]?.split('export interface')[0] ?? ''
    const states = [...union.matchAll(/'([a-z]+)'/gu)].map(([, state]) => state)
    expect(states).toHaveLength(6)
    for (const state of states) expect(PAGE).toMatch(new RegExp(`^\\| ${state} \\|`, 'mu'))
  })

  test('has a row for each state of the table, with what the status shows of it', () => {
    const rows = rowsOf(PAGE, 'state | shown as | means | requests from the gateway')
    expect([...rows.keys()]).toEqual(STATES)
    for (const state of STATES) expect([state, rows.get(state)?.[0]]).toEqual([state, SHOWN[state]])
  })

  test.each(EVENTS)(
    'has the moves of the event "%s" as the code has them, in every state',
    (event) => {
      const cells = rowsOf(PAGE, `event | ${STATES.join(' | ')}`).get(event)
      expect(cells).toEqual(STATES.map((state) => cellText(state, event)))
    },
  )

  test('has no other event', () => {
    expect([...rowsOf(PAGE, `event | ${STATES.join(' | ')}`).keys()]).toEqual(EVENTS)
  })

  test('says of each move where it leads', () => {
    const rows = rowsOf(PAGE, 'move | what it does | next state')
    const told = [...rows].map(([move, [, states]]) => [move.replaceAll('`', ''), states])
    const moves = [...found].filter(([move]) => move !== ignore.name)
    expect(told).toEqual(moves.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
})
