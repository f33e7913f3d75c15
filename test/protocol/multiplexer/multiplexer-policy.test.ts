import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import {
  connected,
  MuxEnd,
  pattern,
  policyBytes,
  policyOfSize,
  settle,
} from '../../support/wire/mux-end.ts'
import { writeWire } from '../../support/wire/wire-text.ts'
import { expectEmpty, next } from './multiplexer-checks.ts'

describe('the policy', () => {
  it('arrives whole, and is acknowledged when the gateway has kept it', () => {
    const { gateway, daemon } = connected()
    const origins = ['https://app.example', 'https://xn--bcher-kva.example']
    daemon.mux.sendPolicy(policyBytes(7, { origins }))
    settle(gateway, daemon)
    expect([gateway.policies, daemon.acked]).toEqual([[7], []])
    gateway.mux.ackPolicy(7)
    settle(gateway, daemon)
    expect(daemon.acked).toEqual([7])
    expectEmpty(gateway, daemon)
  })

  it('that still waits gives way to a newer one', () => {
    const { gateway, daemon } = connected()
    for (let version = 1; version <= 1000; version += 1) {
      daemon.mux.sendPolicy(policyBytes(version))
    }
    settle(gateway, daemon)
    expect(gateway.policies).toEqual([1000])
  })

  it('of the largest size goes beside as many control frames as may wait', () => {
    const { gateway, daemon } = connected()
    for (let id = 0; id < LIMITS.controlFrames; id += 1) {
      daemon.mux.receive(pingOf(id), 0)
    }
    daemon.mux.sendPolicy(policyOfSize(1, LIMITS.policyBytes))
    settle(gateway, daemon)
    expect(gateway.policies).toEqual([1])
  })

  it('waits for no credit and no body, and a sleeping gateway may be told a new one', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(2 * LIMITS.streamWindow), false)
    daemon.mux.sendPolicy(policyBytes(1))
    expect(next(daemon)?.[0]?.type).toBe('POLICY')
    const asleep = connected()
    const restored = new MuxEnd('opener', { restored: asleep.gateway.mux.snapshot() })
    asleep.daemon.mux.sendPolicy(policyBytes(2))
    settle(restored, asleep.daemon)
    expect(restored.policies).toEqual([2])
  })

  it('that the gateway could not read is not sent', () => {
    const { daemon } = connected()
    expect(() => daemon.mux.sendPolicy(new Uint8Array(3))).toThrow(TypeError)
    expect(() => daemon.mux.sendPolicy(new Uint8Array(LIMITS.policyBytes + 1))).toThrow(TypeError)
    expect(daemon.take()).toEqual([])
  })

  it('of a connection that is gone goes nowhere', () => {
    const { gateway, daemon } = connected()
    daemon.mux.close()
    daemon.mux.sendPolicy(policyBytes(1))
    gateway.mux.close()
    gateway.mux.ackPolicy(1)
    expect([daemon.take(), gateway.take()]).toEqual([[], []])
  })
})

function pingOf(id: number): Uint8Array {
  return writeWire([{ type: 'PING', flags: [], stream: 0, id }])
}
