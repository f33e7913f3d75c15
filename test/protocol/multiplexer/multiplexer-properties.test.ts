import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrames, FRAME } from '../../../protocol/tunnel/frame.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { connected, settle, type MuxEnd } from '../../support/wire/mux-end.ts'
import { SimulatedTunnel, type ExchangePlan } from './simulated-tunnel.ts'

const KIB = 1024

const size = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 2000 }),
  fc.integer({ min: 0, max: 600 * KIB }),
)
const pace = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 500 }),
  fc.integer({ min: 1, max: 200 * KIB }),
)

const exchange: fc.Arbitrary<ExchangePlan> = fc.record({
  up: size,
  down: size,
  chunk: fc.oneof(fc.integer({ min: 100, max: 3000 }), fc.integer({ min: 3000, max: 200 * KIB })),
  upReader: pace,
  downReader: pace,
  answersAfter: fc.constantFrom(0, 0, 0.5, 1),
  cancel: fc.option(fc.record({ by: fc.constantFrom('gateway', 'daemon'), after: fc.nat(60) }), {
    nil: undefined,
    freq: 3,
  }),
})

const scenario = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 8 }),
  steps: fc.integer({ min: 0, max: 600 }),
})

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

/** Runs a scenario to its end: the ledgers in the tunnel check every message against the credit. */
function run({ seed, exchanges, steps }: Scenario, meanwhile?: (tunnel: SimulatedTunnel) => void) {
  const tunnel = new SimulatedTunnel(seed)
  for (const [at, plan] of exchanges.entries()) {
    // Some are opened while others run.
    const before = at === 0 ? 0 : steps / exchanges.length
    for (let step = 0; step < before; step += 1) tunnel.step()
    if (tunnel.gateway.mux.refusal(0) === undefined) tunnel.start(plan)
  }
  meanwhile?.(tunnel)
  for (let step = 0; step < steps; step += 1) tunnel.step()
  tunnel.finish()
  return tunnel
}

/** What each side saw of each exchange must be whole, or end with a reset, or be its own cancel. */
function faults({ exchanges, gateway, daemon }: SimulatedTunnel): string[] {
  return exchanges.flatMap(({ id, plan, up, down, cancelled, answered }) => {
    const found: string[] = []
    const at = (end: MuxEnd, whole: Uint8Array, name: string) => {
      const { bytes, ended } = end.seen(id)
      const got = end.body(id)
      if (Buffer.compare(got, whole.subarray(0, bytes)) !== 0)
        found.push(`${id} ${name}: other bytes`)
      if (ended && bytes !== whole.length) found.push(`${id} ${name}: END after ${bytes}`)
    }
    at(gateway, down, 'answer')
    at(daemon, up, 'request')
    const { ended, reset, closed } = gateway.seen(id)
    if (!cancelled && (!ended || !closed || reset !== undefined)) found.push(`${id}: not answered`)
    if (closed && reset !== undefined) found.push(`${id}: closed and reset`)
    const app = daemon.seen(id)
    if (app.closed && app.reset !== undefined) found.push(`${id}: closed and reset at home`)
    const cut = app.reset !== undefined || (cancelled && plan.cancel?.by === 'daemon')
    if (app.head !== undefined && !app.closed && !cut) found.push(`${id}: no end at home`)
    if (app.reset === RESET.NO_ERROR && !answered) found.push(`${id}: cut without an answer`)
    for (const end of [gateway, daemon]) {
      const lines = end.log.filter((line) => line.endsWith(` ${id}`))
      const last = lines.findIndex((line) => /^(reset|closed) /.test(line))
      if (last !== -1 && last !== lines.length - 1) found.push(`${id}: ${lines.join(', ')}`)
    }
    return found
  })
}

/** Tables, queues and windows are empty, and each side has back every byte it let the other send. */
function leftovers({ gateway, daemon }: SimulatedTunnel): object[] {
  return [
    [gateway, daemon],
    [daemon, gateway],
  ].map(([one, other]) => {
    const { openStreams, unread, promised, quiet } = (one as MuxEnd).mux
    const mine = (one as MuxEnd).mux.snapshot()
    const theirs = (other as MuxEnd).mux.snapshot()
    const lost = mine.sent - theirs.received
    const ungranted = theirs.received + LIMITS.connectionWindow - mine.sendLimit
    const back = ungranted >= 0 && ungranted < LIMITS.connectionGrantStep
    return { openStreams, unread, promised, quiet, lost, back }
  })
}

const EMPTY = { openStreams: 0, unread: 0, promised: 0, quiet: true, lost: 0, back: true }

describe('in any order of events', () => {
  it('every byte arrives in order within its credit, END only if whole, and nothing is left over', () => {
    fc.assert(
      fc.property(scenario, (plan) => {
        const tunnel = run(plan)
        expect(faults(tunnel)).toEqual([])
        expect(leftovers(tunnel)).toEqual([EMPTY, EMPTY])
      }),
      { numRuns: 200 },
    )
  })

  it('a go-away from either side drains: what was opened before it ends as it should', () => {
    fc.assert(
      fc.property(scenario, fc.constantFrom('gateway', 'daemon'), (plan, side) => {
        const tunnel = run(plan, ({ [side]: end }) => end.mux.goAway(RESET.GOING_AWAY, 'restart'))
        const refused = tunnel.exchanges.filter(
          ({ id }) => tunnel.gateway.seen(id).reset === RESET.REFUSED,
        )
        const begun = refused.filter(({ id }) => tunnel.daemon.streams.has(id))
        expect(begun).toEqual([])
        expect(side === 'gateway' ? refused : []).toEqual([])
        const rest = faults(tunnel).filter(
          (fault) => !refused.some(({ id }) => fault === `${id}: not answered`),
        )
        expect(rest).toEqual([])
        expect(leftovers(tunnel)).toEqual([EMPTY, EMPTY])
        expect(tunnel.gateway.mux.refusal(1e6)).toBe('going-away')
      }),
      { numRuns: 60 },
    )
  })

  it('a connection lost at any moment fails every stream that was not over, once', () => {
    fc.assert(
      fc.property(scenario, ({ seed, exchanges, steps }) => {
        const tunnel = new SimulatedTunnel(seed)
        for (const plan of exchanges) tunnel.start(plan)
        for (let step = 0; step < steps; step += 1) tunnel.step()
        for (const end of [tunnel.gateway, tunnel.daemon]) {
          const live = [...end.streams.keys()].filter((id) => {
            const { reset, closed } = end.seen(id)
            return reset === undefined && !closed
          })
          end.log.length = 0
          end.mux.close()
          const lost = end.log.map((line) => Number(line.replace('reset ', '')))
          expect(new Set(lost).size).toBe(lost.length)
          const cancelled = tunnel.exchanges.filter((one) => one.cancelled).map(({ id }) => id)
          expect(live.filter((id) => !lost.includes(id) && !cancelled.includes(id))).toEqual([])
          expect(end.mux).toMatchObject({ openStreams: 0, promised: 0, quiet: true })
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** A daemon with many bulk answers under way, each with more to send than its window. */
function busy(bulk: number): { gateway: MuxEnd; daemon: MuxEnd } {
  const sides = connected()
  const { gateway, daemon } = sides
  const ids = Array.from({ length: bulk }, () => gateway.request())
  settle(gateway, daemon)
  for (const id of ids) {
    daemon.respond(id, '', false)
    daemon.mux.write(id, new Uint8Array(LIMITS.streamWindowMax))
  }
  // Their heads are out.
  daemon.mux.next()
  return sides
}

describe('fairness', () => {
  const load = fc.record({
    bulk: fc.integer({ min: 1, max: 40 }),
    messages: fc.nat(20),
    bytes: fc.nat(LIMITS.inlineBodyBytes),
  })

  it('a small answer waits for no byte of any bulk body, even with many of them', () => {
    fc.assert(
      fc.property(load, ({ bulk, messages, bytes }) => {
        const { gateway, daemon } = busy(bulk)
        const small = gateway.request()
        for (const message of gateway.take()) daemon.receive(message)
        for (let sent = 0; sent < messages; sent += 1) daemon.mux.next()
        daemon.respond(small, new Uint8Array(bytes))
        const [first] = decodeFrames(daemon.mux.next() ?? new Uint8Array(0)).filter(
          ({ type }) => type === FRAME.DATA || type === FRAME.HEAD,
        )
        expect([first?.type, first?.stream]).toEqual([FRAME.HEAD, small])
      }),
      { numRuns: 40 },
    )
  })

  it('an event on an open stream waits for one frame of each bulk body at most', () => {
    fc.assert(
      fc.property(load, ({ bulk, messages }) => {
        const { gateway, daemon } = busy(bulk)
        const events = gateway.request()
        for (const message of gateway.take()) daemon.receive(message)
        daemon.respond(events, '', false)
        for (let sent = 0; sent < messages; sent += 1) daemon.mux.next()
        daemon.mux.write(events, new Uint8Array(200))
        let before = 0
        for (let found = false; !found;) {
          const frames = decodeFrames(daemon.mux.next() ?? new Uint8Array(0))
          for (const { type, stream, payload } of frames) {
            if (type !== FRAME.DATA) continue
            found ||= stream === events
            if (!found) before += payload.length
          }
        }
        expect(before).toBeLessThanOrEqual(bulk * LIMITS.dataBytes)
      }),
      { numRuns: 40 },
    )
  })
})
