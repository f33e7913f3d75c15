import { LIMITS } from '../../../../protocol/limits.ts'
import { begin } from '../../../../local-daemon/tunnel/states/begin.ts'
import type { Effect } from '../../../../local-daemon/tunnel/states/effects.ts'
import type { Happening, Moment } from '../../../../local-daemon/tunnel/states/events.ts'
import { next } from '../../../../local-daemon/tunnel/states/next.ts'
import type { State, Step } from '../../../../local-daemon/tunnel/states/state.ts'

interface Socket {
  greeted: boolean
  /** It was told to end: dropped, closed or drained. */
  ending: boolean
}

/** What stays the same over a step, and what the test wants to compare. */
export interface Taken {
  readonly before: State
  readonly happening: Happening
  readonly step: Step
}

/** What leads on is likelier: two connections at once would be rare. */
const often = (happening: Happening): readonly Happening[] => Array(6).fill(happening)

/**
 * A shell without sockets and timers: it does what the states ask for, knows what can happen next, and throws where two
 * things are asked for of which there may be only one.
 */
export class SimulatedShell {
  state: State
  at = 0
  dial: 'none' | 'under way' | 'abandoned' = 'none'
  timer: number | undefined
  readonly sockets = new Map<number, Socket>()
  watching = true
  finished = 0
  stopAsked = false
  dials = 0
  #lastId = 0

  constructor() {
    const { state, effects } = begin({ at: 0, wall: 0, chance: 0 })
    this.state = state
    for (const effect of effects) this.#do(effect)
  }

  /** Everything that can happen now. */
  possible(): readonly Happening[] {
    const all: Happening[] = [{ kind: 'policy changed' }, { kind: 'stop', reason: 'stop' }]
    if (this.dial === 'under way') {
      all.push(...often({ kind: 'dialed', connection: this.#lastId + 1 }))
      for (const loss of ['lost', 'refused', 'replaced'] as const)
        all.push({ kind: 'dial failed', loss, reason: loss })
    }
    if (this.dial === 'abandoned') all.push({ kind: 'dial given up', why: 'a test' })
    if (this.timer !== undefined) all.push({ kind: 'time is up' })
    if (this.watching) {
      const idle = new Set(this.sockets.keys())
      all.push({ kind: 'tick', idle: new Set() }, { kind: 'tick', idle })
      all.push({ kind: 'clock jumped', jumpMs: 10_000 }, { kind: 'network changed' })
    }
    for (const [connection, socket] of this.sockets) all.push(...this.#ofSocket(connection, socket))
    return all
  }

  take(happening: Happening, chance: number): Taken {
    const before = this.state
    this.#happens(happening)
    const moment: Moment = { at: this.at, wall: this.at, chance }
    const step = next(before, { ...happening, ...moment })
    this.state = step.state
    for (const effect of step.effects) this.#do(effect)
    return { before, happening, step }
  }

  /** Something is under way that brings the next event by itself. */
  get alive(): boolean {
    const { sockets, timer, dial } = this
    return dial !== 'none' || timer !== undefined || [...sockets.values()].some((one) => one.ending)
  }

  #ofSocket(connection: number, { greeted, ending }: Socket): Happening[] {
    const of: Happening[] = [
      { kind: 'closed', connection, reason: 'closed' },
      { kind: 'closed as replaced', connection, reason: 'closed' },
    ]
    // Its multiplexer is closed: nothing that the gateway says is read any more.
    if (ending && !greeted) return of
    of.push({ kind: 'silent', connection, reason: 'silent' })
    if (!greeted) return [...of, ...often({ kind: 'hello', connection, generation: connection })]
    of.push({ kind: 'rival', connection }, { kind: 'policy acked', connection, version: 1 })
    of.push({ kind: 'replaced', connection, reason: 'replaced' })
    return [...of, ...often({ kind: 'retiring', connection, reason: 'retiring' })]
  }

  #happens(happening: Happening): void {
    if (happening.kind === 'dialed') {
      this.#lastId = happening.connection
      this.dial = 'none'
    } else if (happening.kind.startsWith('dial ')) this.dial = 'none'
    else if (happening.kind === 'time is up') {
      this.at += this.timer ?? 0
      this.timer = undefined
    } else if (happening.kind === 'stop') this.stopAsked = true
    else if (happening.kind === 'tick') this.at += 1_000
    else if ('connection' in happening) this.#happensTo(happening)
  }

  #happensTo(happening: Happening & { readonly connection: number }): void {
    const socket = this.sockets.get(happening.connection)
    if (socket === undefined) throw new Error('it happens to a socket that is not open')
    const { kind } = happening
    if (kind === 'hello') socket.greeted = true
    if (kind.startsWith('closed')) this.sockets.delete(happening.connection)
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case 'dial':
        if (this.dial !== 'none') throw new Error('two dials at once')
        if (this.sockets.size >= LIMITS.homeConnections) throw new Error('a third connection')
        if (this.stopAsked) throw new Error('a dial after the stop')
        this.dial = 'under way'
        this.dials += 1
        return
      case 'abandon dial':
        if (this.dial === 'none') throw new Error('there is no dial to abandon')
        this.dial = 'abandoned'
        return
      case 'open':
        this.sockets.set(effect.connection, { greeted: false, ending: false })
        return
      case 'drop':
      case 'close':
      case 'drain':
        this.#socket(effect.connection).ending = true
        return
      case 'ping':
      case 'send policy':
        if (!this.#socket(effect.connection).greeted) throw new Error('too early')
        return
      case 'set timer':
        this.timer = effect.ms
        return
      case 'clear timer':
        this.timer = undefined
        return
      case 'stop watching':
        this.watching = false
        return
      case 'finish':
        this.finished += 1
        return
      case 'report':
      case 'probe':
    }
  }

  #socket(id: number): Socket {
    const socket = this.sockets.get(id)
    if (socket === undefined) throw new Error(`there is no connection ${id}`)
    return socket
  }
}
