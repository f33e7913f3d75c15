import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  CONNECTION_TABLE,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  next,
} from '../../../edge-gateway/tunnel/connection/connection-states.ts'

const FILE = new URL('../../../docs/tunnel-states.md', import.meta.url)
const BEGIN = '<!-- gateway table: written by test/gateway/relay/connection-states.test.ts -->'
const END = '<!-- end of the gateway table -->'
const STATES = Object.keys(CONNECTION_TABLE) as ConnectionState[]
const EVENTS = Object.keys(CONNECTION_TABLE.greeting) as ConnectionEvent[]

/** State and effect after each event, as they must be: written by hand, and not from the table. */
const EXPECTED: Readonly<Record<ConnectionEvent, readonly string[]>> = {
  hello: ['ready greet', 'closed end', 'closed end', 'replaced', 'closed'],
  'go-away': [
    'closed end',
    'leaving refuse-unbegun',
    'leaving refuse-unbegun',
    'replaced refuse-unbegun',
    'closed',
  ],
  policy: ['closed end', 'ready keep-policy', 'leaving keep-policy', 'replaced', 'closed'],
  successor: ['replaced send-go-away', 'replaced send-go-away', 'replaced', 'replaced', 'closed'],
  unlisted: ['closed end', 'closed end', 'closed end', 'closed end', 'closed'],
  outnumbered: ['closed end', 'closed end', 'closed end', 'closed end', 'closed'],
  finished: ['closed end', 'closed end', 'closed end', 'closed end', 'closed'],
  silent: ['closed end', 'closed end', 'closed end', 'closed end', 'closed'],
  revoked: ['closed end', 'closed end', 'closed end', 'closed end', 'closed'],
  broken: ['closed end', 'closed end', 'closed end', 'closed end', 'closed'],
  lost: [
    'closed fail-streams',
    'closed fail-streams',
    'closed fail-streams',
    'closed fail-streams',
    'closed',
  ],
}

const CELLS = EVENTS.flatMap((event) =>
  STATES.map((state, at) => [event, state, EXPECTED[event][at] ?? ''] as const),
)

describe('a connection at the gateway', () => {
  test.each(CELLS)('on %s in the state %s: %s', (event, state, expected) => {
    const { state: to, effect } = next(state, event)
    expect([to, effect].filter((word) => word !== undefined).join(' ')).toBe(expected)
  })

  test('never serves again once it was replaced or closed', () => {
    for (const event of EVENTS) {
      expect(['replaced', 'closed']).toContain(next('replaced', event).state)
      expect(next('closed', event)).toEqual({ state: 'closed', effect: undefined })
    }
  })

  test('takes requests only after a HELLO', () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        if (state === 'ready' || next(state, event).state !== 'ready') continue
        expect([state, event]).toEqual(['greeting', 'hello'])
      }
    }
  })

  test('has its policy kept only while it is the newest and has greeted', () => {
    const kept = STATES.filter((state) => next(state, 'policy').effect === 'keep-policy')
    expect(kept).toEqual(['ready', 'leaving'])
  })
})

/** Effects as the page says them. */
const WORDS: Readonly<Record<ConnectionEffect, string>> = {
  greet: 'send the held requests',
  'send-go-away': 'send GO_AWAY',
  'refuse-unbegun': 'pass on what home has not begun',
  'keep-policy': 'keep and acknowledge it',
  end: 'end',
  'fail-streams': 'fail its streams',
}

function cellText(state: ConnectionState, event: ConnectionEvent): string {
  const { state: to, effect } = next(state, event)
  const words = [
    ...(effect === undefined ? [] : [WORDS[effect]]),
    ...(to === state ? [] : [`→ ${to}`]),
  ]
  return words.length === 0 ? '—' : words.join(' ')
}

function table(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(['event at the gateway', ...STATES]),
    line(['---', ...STATES.map(() => '---')]),
    ...EVENTS.map((event) => line([event, ...STATES.map((state) => cellText(state, event))])),
  ].join('\n')
}

/** The text between the marks, and what is before and after it. */
function parts(page: string): readonly [string, string, string] {
  const [before = '', rest = ''] = page.split(`${BEGIN}\n\n`)
  const [between = '', after = ''] = rest.split(`\n\n${END}`)
  return [before, between, after]
}

if (process.env['WRITE_DOCS'] === 'true') {
  const [before, , after] = parts(readFileSync(FILE, 'utf8'))
  writeFileSync(FILE, `${before}${BEGIN}\n\n${table()}\n\n${END}${after}`)
}

describe('the gateway in docs/tunnel-states.md', () => {
  const page = readFileSync(FILE, 'utf8')
  const rows = parts(page)[1].split('\n')

  test.each(EVENTS)('has the cells of the event %s as the code has them', (event) => {
    const row = rows.find((line) => line.startsWith(`| ${event} |`)) ?? ''
    const cells = row.split('|').slice(2, -1)
    expect(cells.map((cell) => cell.trim())).toEqual(STATES.map((state) => cellText(state, event)))
  })

  test('has no other event, and the states in order', () => {
    expect(rows[0]).toBe(`| event at the gateway | ${STATES.join(' | ')} |`)
    expect(rows).toHaveLength(EVENTS.length + 2)
  })

  test('says what each state, event and effect is', () => {
    const text = parts(page)[0].split("## The gateway's side")[1] ?? ''
    for (const state of STATES) expect(text).toContain(`\n| ${state} |`)
    const after = parts(page)[2]
    for (const event of EVENTS) expect(after).toContain(`\n- \`${event}\`: `)
  })
})
