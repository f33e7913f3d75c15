import { describe, expect, test } from 'vitest'
import type { Effect } from '../../../../local-daemon/tunnel/states/effects.ts'
import type { Happening, LinkEvent } from '../../../../local-daemon/tunnel/states/events.ts'
import { next } from '../../../../local-daemon/tunnel/states/next.ts'
import type { State } from '../../../../local-daemon/tunnel/states/state.ts'
import { effectText } from './effect-text.ts'
import { aConnection, aState, EVENTS, NEWEST, NOW } from './sample-states.ts'

interface Told {
  readonly state: State
  readonly effects: readonly Effect[]
}

/** The last step of several events. */
function after(first: State, ...events: readonly LinkEvent[]): Told {
  let told: Told = { state: first, effects: [] }
  for (const event of events) told = next(told.state, event)
  return told
}

const at = (ms: number, happening: Happening): LinkEvent => ({ ...NOW, ...happening, at: ms })
const texts = ({ effects }: Told) => effects.map(effectText)
/** What the timer was set to, milliseconds. */
const waitOf = ({ effects }: Told) =>
  effects.flatMap((one) => (one.do === 'set timer' ? one.ms : []))[0]
const lost = EVENTS['dial failed']
const timeUp = EVENTS['time is up']
const replaced = EVENTS['closed as replaced']
const dialed = EVENTS.dialed

describe('the wait', () => {
  test('after a loss doubles up to 15 s in the middle, and the next dial follows it', () => {
    const waits: (number | undefined)[] = []
    let { state } = after(aState('connecting'))
    for (let tries = 0; tries < 8; tries += 1) {
      const failed = next(state, lost)
      waits.push(waitOf(failed))
      state = next(failed.state, timeUp).state
      expect(state.name).toBe('connecting')
    }
    expect(waits.map((ms) => Math.round(ms ?? 0))).toEqual([
      125, 550, 1_100, 2_200, 4_400, 8_800, 16_500, 16_500,
    ])
  })

  test('starts over after a connection that served for 2 s, and not before', () => {
    const state = (greetedAt: number) =>
      aState('connected', { failures: 5, newest: aConnection(NEWEST, { greetedAt }) as never })
    expect(waitOf(after(state(58_000), EVENTS.closed))).toBe(125)
    expect(waitOf(after(state(58_001), EVENTS.closed))).toBeGreaterThan(8_000)
  })

  test.for(['clock jumped', 'network changed'] as const)('starts over when the %s', (kind) => {
    for (const name of ['connecting', 'greeting', 'connected', 'waiting', 'yielding'] as const) {
      const { state } = after(aState(name, { failures: 5, replacements: 5 }), EVENTS[kind])
      expect([name, state.failures, state.replacements]).toEqual([name, 0, 0])
    }
  })

  test('is 4 to 6 minutes after a refusal, even after many', () => {
    for (const failures of [0, 1, 10]) {
      const refused = { ...lost, loss: 'refused' } as const
      expect(waitOf(after(aState('connecting', { failures }), refused))).toBe(300_000)
    }
  })

  test('is at most 1.5 s within half a minute of a working connection', () => {
    const state = aState('connecting', { failures: 9, heldAt: NOW.at - 29_000 })
    expect(waitOf(after(state, { ...lost, chance: 0.999 }))).toBeLessThan(1_500)
  })

  test('is left out the first time that the gateway wants another connection, and only then', () => {
    const alone = { older: [], newest: aConnection(NEWEST, { greetedAt: 59_999 }) as never }
    const first = after(aState('connected', alone), EVENTS.retiring)
    expect(texts(first)).toEqual(['report overlap', 'clear timer', 'dial'])
    expect(first.state.older.map(({ id }) => id)).toEqual([NEWEST])
    const again = after(aState('connected', { ...alone, failures: 1 }), EVENTS.retiring)
    expect(texts(again)).toEqual(['report overlap', 'timer 550'])
  })

  test('is left out when a dial was given up', () => {
    const step = after(aState('connecting', { failures: 7 }), EVENTS['dial given up'])
    expect(step.effects[0]).toMatchObject({
      event: { kind: 'disconnected', reason: 'given up: a change of network', retryMs: 0 },
    })
    expect(step.state.gaveUpAt).toBe(NOW.at)
  })
})

describe('another daemon', () => {
  const greeted = { newest: aConnection(NEWEST, { greetedAt: 59_999 }) as never }

  test('is waited for 1 to 3 s, then 30 to 90 s, even after other failures', () => {
    for (const failures of [0, 1, 6]) {
      const first = after(aState('connected', { ...greeted, failures }), replaced)
      expect([first.state.name, waitOf(first)]).toEqual(['yielding', 2_000])
      const refused = { ...lost, loss: 'replaced' } as const
      const second = after(first.state, timeUp, refused)
      expect([second.state.name, waitOf(second)]).toEqual(['yielding', 60_000])
    }
  })

  test('is asked for the place only if it is free, until the gateway lets this one in', () => {
    const gone = after(aState('connected', greeted), replaced, timeUp)
    expect(texts(gone)).toEqual(['dial if the place is free'])
    const back = after(gone.state, dialed, EVENTS.hello, EVENTS.closed, timeUp)
    expect(texts(back)).toEqual(['dial'])
  })

  test('may be a dial of our own that was given up within a minute: believed once', () => {
    const ghost = { ...greeted, gaveUpAt: NOW.at - 59_999 }
    const first = after(aState('connected', ghost), replaced)
    expect([first.state.name, first.state.yields, waitOf(first)]).toEqual(['waiting', false, 125])
    const second = after(first.state, timeUp, dialed, replaced)
    expect([second.state.name, waitOf(second)]).toEqual(['yielding', 60_000])
    const late = aState('connected', { ...greeted, gaveUpAt: NOW.at - 60_000 })
    expect(after(late, replaced).state.name).toBe('yielding')
  })

  test('that asks for the place is shown, and is no change of the state', () => {
    const { state } = after(aState('connected'), EVENTS.rival)
    expect(state.status).toMatchObject({ rival_at: NOW.wall, since: 1_000_000 })
  })
})

describe('the status', () => {
  test('tells since when it shows its state, even if inner states change', () => {
    const { state } = after(aState('making room'), EVENTS['older closed'])
    expect([state.name, state.status.since]).toEqual(['connecting', 1_000_000])
    const lostAt = after(state, lost)
    expect([lostAt.state.name, lostAt.state.status.since]).toEqual(['waiting', NOW.wall])
  })
})

describe('a policy', () => {
  test('waits for the acknowledgement of the one before, and at most 2 s', () => {
    const sent = after(aState('connected'), at(60_000, { kind: 'policy changed' }))
    const due = after(sent.state, at(60_500, { kind: 'policy changed' }))
    expect([texts(sent), texts(due)]).toEqual([['send policy 9'], []])
    const tick = (ms: number) => at(ms, { kind: 'tick', idle: new Set() })
    expect(texts(after(due.state, tick(61_999)))).toEqual([])
    expect(texts(after(due.state, tick(62_000)))).toEqual(['send policy 9'])
    const acked = after(due.state, at(60_600, { ...EVENTS['policy acked'] }))
    expect(texts(acked)).toEqual(['report policy-acked', 'send policy 9'])
    expect(acked.state.status.policy_version).toBe(3)
    expect(texts(after(acked.state, tick(70_000)))).toEqual([])
  })
})

describe('a finished connection', () => {
  const tick = (ms: number, ...idle: number[]) => at(ms, { kind: 'tick', idle: new Set(idle) })

  test('is closed 5 s after its GO_AWAY if nothing is open, and after 30 minutes in any case', () => {
    const state = aState('connected')
    expect(texts(after(state, tick(64_000, 1)))).toEqual([])
    expect(texts(after(state, tick(64_001, 1)))).toEqual(['close 1'])
    expect(texts(after(state, tick(64_001, NEWEST)))).toEqual([])
    expect(texts(after(state, tick(59_000 + 1_800_000)))).toEqual([])
    expect(texts(after(state, tick(59_000 + 1_800_001)))).toEqual(['close 1'])
  })

  test('that another daemon replaced is closed like that', () => {
    const { state } = after(aState('connected', { older: [] }), EVENTS.replaced)
    expect(texts(after(state, tick(65_000, NEWEST)))).toEqual([])
    expect(texts(after(state, tick(65_001, NEWEST)))).toEqual([`close ${NEWEST}`])
  })
})

describe('what an older connection says', () => {
  test('changes nothing, whichever it is', () => {
    const said: Happening[] = [
      { kind: 'hello', connection: 1, generation: 70 },
      { kind: 'replaced', connection: 1, reason: 'replaced' },
      { kind: 'retiring', connection: 1, reason: 'restart' },
      { kind: 'policy acked', connection: 1, version: 70 },
      { kind: 'rival', connection: 1 },
    ]
    for (const happening of said) {
      const state = aState('connected')
      expect(next(state, { ...NOW, ...happening })).toEqual({ state, effects: [] })
    }
    const { state, effects } = after(aState('connected'), { ...replaced, connection: 1 })
    expect([state, effects]).toEqual([aState('connected', { older: [] }), []])
  })
})

describe('a stop', () => {
  test('with nothing open and nothing dialed is complete at once', () => {
    const step = after(aState('waiting', { older: [] }), EVENTS.stop)
    expect(step.state.name).toBe('stopped')
    expect(texts(step)).toEqual(['stop watching', 'clear timer', 'finish'])
  })

  test('is complete when the last connection and the dial have ended, whichever comes last', () => {
    const ends = [EVENTS.closed, EVENTS['older closed']] as const
    const [one, other] = ends
    for (const order of [ends, [other, one]] as const) {
      const { state } = after(aState('connected'), EVENTS.stop, order[0])
      expect(state.name).toBe('stopping')
      const last = after(state, order[1])
      expect([last.state.name, texts(last)]).toEqual(['stopped', ['finish']])
      expect(last.state.status).toMatchObject({ state: 'stopped', generation: null })
    }
    const dialing = after(aState('connecting'), EVENTS.stop, other)
    expect(dialing.state.name).toBe('stopping')
    expect(texts(after(dialing.state, EVENTS['dial given up']))).toEqual(['finish'])
  })
})
