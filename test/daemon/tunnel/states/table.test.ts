import { describe, expect, test } from 'vitest'
import type { EventName, LinkEvent } from '../../../../local-daemon/tunnel/states/events.ts'
import { ignore, never } from '../../../../local-daemon/tunnel/states/ignore.ts'
import { next } from '../../../../local-daemon/tunnel/states/next.ts'
import type { State, StateName, Step } from '../../../../local-daemon/tunnel/states/state.ts'
import { TABLE } from '../../../../local-daemon/tunnel/states/table.ts'
import { effectText } from './effect-text.ts'
import { EXPECTED, NEVER, NOTHING } from './expected-cells.ts'
import { aState, EVENTS } from './sample-states.ts'

type Cell = (state: State, event: LinkEvent) => Step

const STATES = Object.keys(TABLE) as StateName[]
const CELLS = STATES.flatMap((state) =>
  (Object.keys(TABLE[state]) as EventName[]).map((event) => [state, event] as const),
)

describe('the table of states and events', () => {
  test('has a cell for each state and event, or it does not compile', () => {
    const { stop: _missing, ...withoutStop } = TABLE.connected
    // @ts-expect-error a cell is missing
    const incomplete: typeof TABLE = { ...TABLE, connected: withoutStop }
    const { tick } = TABLE.waiting
    // @ts-expect-error the cell takes another event
    const wrong: (typeof TABLE)['waiting'] = { ...TABLE.waiting, stop: tick }
    expect([incomplete, wrong]).toHaveLength(2)
    expect(CELLS).toHaveLength(9 * 18)
  })

  test.for(CELLS)('%s, %s', ([name, event]) => {
    const state = aState(name)
    const cell = TABLE[name][event] as Cell
    const step = cell(state, EVENTS[event])
    const expected = EXPECTED[name][event]
    if (expected === NOTHING || expected === NEVER) {
      expect([step.state === state, step.effects]).toEqual([true, []])
      expect(cell).toBe(expected === NEVER ? never : ignore)
    } else {
      const effects = step.effects.map(effectText).join(', ')
      expect(`${step.state.name}: ${effects}`.trim()).toBe(expected)
      expect([never, ignore]).not.toContain(cell)
    }
    // Where it can come, `next` finds it.
    if (expected !== NEVER) expect(next(state, EVENTS[event])).toEqual(step)
  })

  test.for(CELLS)('%s, %s: the same once more, and nothing given is changed', ([name, event]) => {
    const state = deepFreeze(aState(name))
    const given = deepFreeze(EVENTS[event])
    const first = next(state, given)
    expect(next(state, given)).toEqual(first)
  })
})

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value) as unknown[]) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  }
  return Object.freeze(value)
}
