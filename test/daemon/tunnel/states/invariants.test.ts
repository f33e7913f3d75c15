import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../../protocol/limits.ts'
import { never } from '../../../../local-daemon/tunnel/states/ignore.ts'
import { TABLE } from '../../../../local-daemon/tunnel/states/table.ts'
import { cellOf, play, playOut } from './random-plays.ts'
import type { SimulatedShell } from './simulated-shell.ts'

describe('after any sequence of events', () => {
  test('the events come that the table says can come, and no others', () => {
    const come = new Set<string>()
    play((_shell, taken) => {
      const cell = cellOf(taken)
      if (cell !== undefined) come.add(cell.join(', '))
    })
    const can = Object.entries(TABLE).flatMap(([state, cells]) =>
      Object.entries(cells).flatMap(([event, move]) =>
        move === never ? [] : `${state}, ${event}`,
      ),
    )
    expect([...come].toSorted()).toEqual(can.toSorted())
  })

  test('there is at most one dial, never beside two connections, and never after a stop', () => {
    // The simulated shell throws.
    play((shell) => {
      expect(shell.sockets.size).toBeLessThanOrEqual(LIMITS.homeConnections)
      expect(shell.state.dialing).toBe(shell.dial !== 'none')
    })
  })

  test('until it is stopped there is a dial, a timer, or a connection: it never just stands still', () => {
    play((shell) => {
      const { name, newest } = shell.state
      if (name === 'stopped') return expect([shell.alive, shell.sockets.size]).toEqual([false, 0])
      const serves = name === 'connected' || name === 'leaving'
      expect([name, shell.alive || (serves && shell.sockets.has(newest?.id ?? 0))]).toEqual([
        name,
        true,
      ])
      const waits = name === 'waiting' || name === 'yielding'
      // A greeting that is overdue has no timer any more: its socket ends.
      if (name !== 'greeting') expect([name, shell.timer !== undefined]).toEqual([name, waits])
    })
  })

  test('it is connected exactly when the newest connection has greeted, and says so once', () => {
    play(({ state, sockets }, { before, happening, step }) => {
      const told = step.effects.filter(
        (effect) => effect.do === 'report' && effect.event.kind === 'connected',
      )
      const greeted = before.name === 'greeting' && happening.kind === 'hello'
      expect(told).toHaveLength(greeted ? 1 : 0)
      if (state.status.state === 'connected') {
        expect(sockets.get(state.newest?.id ?? 0)).toMatchObject({ greeted: true })
        expect(state.status.generation).toBe(state.newest?.generation)
      }
      if (state.newest === undefined) expect(state.status.policy_version).toBeNull()
    })
  })

  test('an older connection touches neither the status nor the newest', () => {
    play((_shell, { before, happening, step }) => {
      if (happening.kind === 'dialed' || !('connection' in happening)) return
      if (happening.connection === before.newest?.id) return
      if (before.name === 'making room' || before.name === 'stopping') return
      expect(step.state).toEqual({ ...before, older: step.state.older })
      expect(step.effects.filter(({ do: what }) => what !== 'drop')).toEqual([])
    })
  })

  test('the states know exactly the connections that are open', () => {
    play(({ state, sockets }) => {
      const known = [...state.older, ...(state.newest === undefined ? [] : [state.newest])]
      expect(known.map(({ id }) => id).toSorted()).toEqual([...sockets.keys()].toSorted())
    })
  })

  test('each loss is reported with the wait that follows it', () => {
    play((shell, { step, before }) => {
      for (const effect of step.effects) {
        if (effect.do !== 'report' || !('retryMs' in effect.event)) continue
        const { retryMs } = effect.event
        expect(shell.timer).toBe(retryMs === 0 ? undefined : retryMs)
        expect(step.state.failures).toBeLessThanOrEqual(before.failures + 1)
        expect(step.state.failures).toBeGreaterThan(0)
        if (step.state.name === 'yielding') expect(retryMs).toBeGreaterThanOrEqual(1_000)
        else expect(retryMs).toBeLessThanOrEqual(360_000)
      }
    })
  })

  test('a gateway alone cannot have it dial twice without a wait', () => {
    const atOnce = new WeakMap<SimulatedShell, number>()
    play((shell, { before, happening, step }) => {
      const reset =
        happening.kind === 'clock jumped' ||
        happening.kind === 'network changed' ||
        happening.kind === 'time is up' ||
        step.state.heldAt !== before.heldAt
      const overlaps = step.effects.filter(
        (effect) =>
          effect.do === 'report' && effect.event.kind === 'overlap' && effect.event.retryMs === 0,
      )
      const count = (reset ? 0 : (atOnce.get(shell) ?? 0)) + overlaps.length
      atOnce.set(shell, count)
      expect(count).toBeLessThanOrEqual(1)
    })
  })

  test('a stop ends as soon as its sockets and its dial have ended, once', () => {
    playOut((shell) => {
      shell.take({ kind: 'stop', reason: 'stop' }, 0)
      expect([...shell.sockets.values()].every(({ ending }) => ending)).toBe(true)
      expect([shell.timer, shell.watching]).toEqual([undefined, false])
      for (const connection of shell.sockets.keys()) {
        shell.take({ kind: 'closed', connection, reason: 'closed' }, 0)
      }
      if (shell.dial !== 'none') shell.take({ kind: 'dial given up', why: 'stop' }, 0)
      expect([shell.state.name, shell.finished]).toEqual(['stopped', 1])
      shell.take({ kind: 'stop', reason: 'again' }, 0)
      expect([shell.state.name, shell.finished]).toEqual(['stopped', 1])
    })
  })
})
