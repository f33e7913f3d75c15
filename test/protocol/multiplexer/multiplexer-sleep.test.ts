import { describe, expect, it } from 'vitest'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { connected, MuxEnd, pattern, settle } from '../../support/wire/mux-end.ts'
import { expectEmpty, types } from './multiplexer-checks.ts'

const KIB = 1024

describe('sleep', () => {
  it('goes on after a restore as if nothing had been, on both sides', () => {
    const { gateway, daemon } = connected(
      {},
      { on: { open: (id) => void daemon.respond(id, pattern(90 * KIB, id)) } },
    )
    let awake = gateway
    for (let night = 0; night < 30; night += 1) {
      const id = awake.request()
      settle(awake, daemon)
      expect(Buffer.compare(awake.body(id), pattern(90 * KIB, id))).toBe(0)
      expect(awake.mux.quiet).toBe(true)
      const snapshot = JSON.parse(JSON.stringify(awake.mux.snapshot()))
      awake = new MuxEnd('opener', { restored: snapshot })
      expect(awake.mux.next()).toBeUndefined()
    }
    expect(daemon.greeted).toBe(1)
    expect(awake.mux.snapshot().lastStream).toBe(30)
    expectEmpty(awake, daemon)
  })

  it('takes late frames of streams from before, and gives their bytes back', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, '', false)
    daemon.mux.write(id, pattern(200 * KIB))
    const late = daemon.take()
    gateway.mux.reset(id, RESET.CANCEL, 0)
    for (const message of gateway.take()) daemon.receive(message)
    // Only the confirmation is out: nothing is live, so the object may sleep.
    expect(gateway.mux.quiet).toBe(true)
    const awake = new MuxEnd('opener', { restored: gateway.mux.snapshot() })
    for (const message of late) awake.receive(message)
    settle(awake, daemon)
    expect(awake.log).toEqual([])
    expectEmpty(awake, daemon)
  })

  it('is not possible while a stream is live or something waits', () => {
    const { gateway, daemon } = connected()
    expect(gateway.mux.quiet).toBe(true)
    const id = gateway.request()
    expect(gateway.mux.quiet).toBe(false)
    settle(gateway, daemon)
    expect(gateway.mux.quiet).toBe(false)
    daemon.respond(id, 'x')
    settle(gateway, daemon)
    expect(gateway.mux.quiet).toBe(true)
    expect(new MuxEnd('opener').mux.quiet).toBe(false)
  })

  it('does not take an answer to a PING from before for one of its own', () => {
    const { gateway, daemon } = connected()
    const pings: Uint8Array[] = []
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, '', false)
    daemon.mux.write(id, pattern(200 * KIB))
    for (const message of daemon.take()) gateway.receive(message)
    pings.push(...gateway.take())
    expect(types(pings)).toContain('PING')
    daemon.mux.end(id)
    for (const message of daemon.take()) gateway.receive(message)
    gateway.take()
    const awake = new MuxEnd('opener', { restored: gateway.mux.snapshot() })
    for (const message of pings) daemon.receive(message)
    const stale = daemon.take()
    const second = awake.request()
    settle(awake, daemon)
    daemon.respond(second, '', false)
    daemon.mux.write(second, pattern(200 * KIB))
    for (const message of daemon.take()) awake.receive(message)
    awake.now = 80
    for (const message of stale) awake.receive(message)
    expect(awake.mux.roundTripMs).toBeUndefined()
    settle(awake, daemon)
    expect(awake.mux.roundTripMs).toBe(80)
  })
})
