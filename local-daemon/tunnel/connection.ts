import type { WebSocket } from 'ws'
import { RESET, type ResetCode } from '../../protocol/tunnel/reset-code.ts'
import { CLOSE } from '../../protocol/tunnel/close-code.ts'
import type { LossKind } from './backoff.ts'
import { Keepalive } from './keepalive.ts'
import { type SessionOptions, TunnelSession } from './tunnel-session.ts'

/** How long a gateway that has let the daemon in may take to greet, milliseconds. It does so at once. */
const GREETING_MS = 5_000
/** A gateway that is done with a connection closes it once nothing is open; by then it has forgotten to, milliseconds. */
const CLOSE_OVERDUE_MS = 5_000
/** Patience with the open requests of a connection that the gateway is done with, milliseconds: as long as its own. */
const FINISH_MS = 30 * 60_000

/** What its session needs goes through; what the session tells of the gateway is told in the connection's words. */
export interface ConnectionOptions extends Omit<SessionOptions, 'onReady' | 'onGoAway'> {
  /** The gateway has greeted. */
  readonly onGreeted: (generation: number) => void
  /** The gateway has taken a newer connection, and lets the open requests of this one finish. */
  readonly onReplaced: (reason: string) => void
  /** The socket is closed. Comes before `departed` tells of it. */
  readonly onEnded: () => void
}

/** Why a connection serves no new requests any more. `retiring`: the gateway wants another, and this one still finishes. */
export interface Departure {
  readonly kind: LossKind | 'retiring'
  readonly reason: string
}

/** One accepted WebSocket from its greeting to its end (docs/tunnel-states.md). */
export class Connection {
  readonly session: TunnelSession
  /** Resolves once, with the first reason to look for another connection. */
  readonly departed: Promise<Departure>
  readonly #keepalive: Keepalive
  readonly #ended: Promise<void>
  readonly #greeting: NodeJS.Timeout
  #depart!: (departure: Departure) => void
  #generation: number | undefined
  #greetedAt = Infinity
  #goneAwayAt = Infinity
  #replaced = false
  #givenUp: string | undefined

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.departed = new Promise((resolve) => (this.#depart = resolve))
    this.session = new TunnelSession(socket, {
      ...options,
      onReady: (generation) => {
        clearTimeout(this.#greeting)
        this.#generation = generation
        this.#greetedAt = performance.now()
        options.onGreeted(generation)
      },
      onGoAway: (code, reason) => this.#goAway(code, reason, options.onReplaced),
    })
    this.#keepalive = new Keepalive(this.session, (reason) => this.#giveUp(reason))
    this.#greeting = setTimeout(
      () => this.#giveUp(`the gateway did not greet within ${GREETING_MS / 1000} s`),
      GREETING_MS,
    )
    this.#ended = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#keepalive.stop()
        clearTimeout(this.#greeting)
        options.onEnded()
        this.#depart(this.#departure(code, reason.toString()))
        resolve()
      })
    })
  }

  /** The gateway's number of it; undefined before the greeting. */
  get generation(): number | undefined {
    return this.#generation
  }

  /** How long it has served, milliseconds. */
  get servedMs(): number {
    return Math.max(0, performance.now() - this.#greetedAt)
  }

  /** To be called about once a second. */
  tick(): void {
    this.#keepalive.tick()
    const awayMs = performance.now() - this.#goneAwayAt
    // Not as soon as nothing is open: a request that it sent before its goodbye may still be under way.
    const done = this.session.open === 0 && awayMs > CLOSE_OVERDUE_MS
    if (done || awayMs > FINISH_MS) this.session.close(CLOSE.GOING_AWAY, 'finished')
  }

  /** Makes sure that the gateway is still there, or gives the connection up. @param why as a clause */
  probe(why: string): void {
    this.#keepalive.probe(why)
  }

  /** Takes no new requests, finishes the open ones within `ms`, says goodbye. Resolves when the socket is closed. */
  async leave(ms: number, reason: string): Promise<void> {
    // Nobody was promised anything yet, and who does not greet does not answer a goodbye either.
    if (this.#generation === undefined) this.session.terminate()
    else {
      this.session.leave(reason)
      await Promise.race([this.session.drained(ms), this.#ended])
      this.session.close(CLOSE.GOING_AWAY, reason)
    }
    await this.#ended
  }

  #goAway(code: ResetCode, reason: string, onReplaced: (reason: string) => void): void {
    if (this.#goneAwayAt !== Infinity) return
    this.#goneAwayAt = performance.now()
    this.#replaced = code === RESET.REPLACED
    if (this.#replaced) onReplaced(reason)
    else this.#depart({ kind: 'retiring', reason })
  }

  #giveUp(reason: string): void {
    this.#givenUp = reason
    this.session.terminate()
  }

  #departure(code: number, text: string): Departure {
    const closed = `closed with ${code}${text === '' ? '' : `: ${text}`}`
    const kind = this.#replaced || code === CLOSE.REPLACED ? 'replaced' : 'lost'
    return { kind, reason: this.#givenUp ?? closed }
  }
}
