import { describe, expect, it } from 'vitest'
import { decodeFrames, FRAME } from '../../../protocol/tunnel/frame.ts'
import { encodeHead } from '../../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import type { MuxEnd } from '../../support/wire/mux-end.ts'
import { connected, pattern, requestHead, settle } from '../../support/wire/mux-end.ts'
import { expectEmpty, next, types } from './multiplexer-checks.ts'

const KIB = 1024

describe('a client that does not read does no harm to others', () => {
  it('a hundred stalled downloads never use up the connection: another one keeps running', () => {
    const { gateway, daemon } = connected({ consume: false })
    const stalled: number[] = []
    while (gateway.mux.refusal(0) === undefined) stalled.push(gateway.request())
    // One place for the stream that is read.
    gateway.mux.reset(stalled.pop() as number, RESET.CANCEL, 0)
    const reading = gateway.request()
    settle(gateway, daemon)
    for (const id of stalled) {
      daemon.respond(id, '', false)
      daemon.mux.write(id, new Uint8Array(LIMITS.streamWindowMax))
    }
    daemon.respond(reading, '', false)
    settle(gateway, daemon)
    expect(stalled.length).toBeGreaterThan(100)
    const megabyte = new Uint8Array(1024 * KIB)
    for (let sent = 1; sent <= 60; sent += 1) {
      daemon.mux.write(reading, megabyte)
      drain(gateway, daemon, reading)
      expect(gateway.seen(reading).bytes).toBe(sent * 1024 * KIB)
    }
    expect(gateway.mux.unread).toBeLessThan(LIMITS.connectionWindow)
  })

  it('and neither does a crowd of stalled uploads: their smallest windows are reserved', () => {
    const { gateway, daemon } = connected({}, { consume: false })
    // Let a few uploads grow as large as they can, reading fast; then stop reading and fill every slot.
    const large = Array.from({ length: 8 }, () => gateway.request('/', false))
    settle(gateway, daemon)
    for (let round = 0; round < 30; round += 1) {
      for (const id of large) gateway.mux.write(id, new Uint8Array(LIMITS.streamWindowMax))
      pump(gateway, daemon, 10)
      for (const id of large) daemon.mux.consumed(id, daemon.seen(id).bytes)
      pump(gateway, daemon, 10)
    }
    const small = Array.from({ length: LIMITS.concurrentStreams - 9 }, () =>
      gateway.request('/', false),
    )
    for (const id of small) gateway.mux.write(id, new Uint8Array(LIMITS.streamWindow))
    for (const id of large) gateway.mux.write(id, new Uint8Array(2 * LIMITS.streamWindowMax))
    settle(gateway, daemon)
    const reading = gateway.request('/', false)
    gateway.mux.write(reading, new Uint8Array(8 * 1024 * KIB))
    settle(gateway, daemon)
    for (let read = 0, arrived = daemon.seen(reading).bytes; read < arrived;) {
      daemon.mux.consumed(reading, arrived - read)
      read = arrived
      settle(gateway, daemon)
      arrived = daemon.seen(reading).bytes
    }
    expect(daemon.seen(reading).bytes).toBe(8 * 1024 * KIB)
    expect(daemon.mux.unread).toBeGreaterThan(30 * 1024 * KIB)
    expect(daemon.mux.unread).toBeLessThan(LIMITS.connectionWindow)
  })
})

describe('fairness', () => {
  it('a small answer overtakes every bulk body: only the message under way goes first', () => {
    const { gateway, daemon } = connected()
    const bulk = Array.from({ length: 20 }, () => gateway.request())
    const small = gateway.request()
    settle(gateway, daemon)
    for (const id of bulk) {
      daemon.respond(id, '', false)
      daemon.mux.write(id, new Uint8Array(1000 * KIB))
    }
    daemon.mux.next()
    daemon.respond(small, 'quick')
    expect(next(daemon)?.[0]).toMatchObject({ type: 'HEAD', flags: ['END'], stream: small })
  })

  it('bodies take turns of one frame each', () => {
    const { gateway, daemon } = connected()
    const ids = [gateway.request(), gateway.request(), gateway.request()]
    settle(gateway, daemon)
    for (const id of ids) {
      daemon.respond(id, '', false)
      daemon.mux.write(id, pattern(200 * KIB))
    }
    const order = daemon
      .take()
      .flatMap((message) => decodeFrames(message))
      .filter((frame) => frame.type === FRAME.DATA)
      .map((frame) => frame.stream)
    expect(order.slice(0, 9)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
  })

  it('heads that need several messages still go before all data, and before their own bodies', () => {
    const { gateway, daemon } = connected()
    const filler = ['x-filler', 'x'.repeat(60 * KIB)] as const
    const large = { ...requestHead('/'), headers: [filler] }
    const ids = Array.from({ length: 40 }, () => gateway.mux.open(encodeHead(large), false))
    for (const id of ids) {
      gateway.mux.write(id, pattern(10 * KIB, id))
      gateway.mux.end(id)
    }
    const sent = gateway.take()
    const order = types(sent)
    expect(order.slice(0, 40)).toEqual(ids.map(() => 'OPEN'))
    expect(new Set(order.slice(40))).toEqual(new Set(['DATA']))
    expect(Math.max(...sent.map((message) => message.length))).toBeLessThanOrEqual(
      LIMITS.messageBytes,
    )
    for (const message of sent) daemon.receive(message)
    const whole = ids.filter((id) => Buffer.compare(daemon.body(id), pattern(10 * KIB, id)) === 0)
    expect(whole).toEqual(ids)
  })

  it('a message carries exactly as much data as it was asked for', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, '', false)
    daemon.mux.write(id, pattern(250 * KIB))
    daemon.mux.next(0)
    expect(daemon.mux.next(0)).toBeUndefined()
    expect(daemon.mux.next(1000)?.length).toBe(1000)
    expect(daemon.mux.next(100 * KIB)?.length).toBe(100 * KIB)
    expect(daemon.mux.next(128 * KIB)?.length).toBe(128 * KIB)
  })
})

describe('windows follow the link', () => {
  it('grow with bandwidth times delay on a long link, and give everything back', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, '', false)
    // 50 ms each way, no limit of bandwidth: whatever the window allows arrives one delay later.
    let carried = 0
    for (let tick = 0; tick < 60; tick += 1) {
      daemon.mux.write(id, new Uint8Array(LIMITS.streamWindowMax))
      const down = daemon.take()
      gateway.now += 50
      for (const message of down) gateway.receive(message)
      const up = gateway.take()
      gateway.now += 50
      for (const message of up) daemon.receive(message)
      carried = gateway.seen(id).bytes
    }
    expect(gateway.mux.roundTripMs).toBe(100)
    expect(gateway.mux.promised).toBe(LIMITS.streamWindowMax - LIMITS.streamWindowMin)
    // 60 turns with 256 KiB would have carried 15 MiB.
    expect(carried).toBeGreaterThan(100 * 1024 * KIB)
    gateway.mux.reset(id, RESET.CANCEL, 0)
    settle(gateway, daemon)
    expectEmpty(gateway, daemon)
  })

  it('do not grow for a reader that does not keep up', () => {
    const { gateway, daemon } = connected({ consume: false })
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, '', false)
    daemon.mux.write(id, new Uint8Array(LIMITS.streamWindowMax))
    for (let tick = 0; tick < 20; tick += 1) {
      settle(gateway, daemon)
      gateway.now += 50
      gateway.mux.consumed(id, 10 * KIB)
    }
    expect(gateway.mux.promised).toBe(LIMITS.streamWindow - LIMITS.streamWindowMin)
  })
})

/** A few exchanges of messages, with a little time between them. */
function pump(gateway: MuxEnd, daemon: MuxEnd, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    for (const message of gateway.take()) daemon.receive(message)
    daemon.now += 5
    for (const message of daemon.take()) gateway.receive(message)
    gateway.now += 5
  }
}

/** Carries everything, and reads one stream only. */
function drain(gateway: MuxEnd, daemon: MuxEnd, reading: number): void {
  for (let before = -1; before !== gateway.seen(reading).bytes;) {
    before = gateway.seen(reading).bytes
    settle(gateway, daemon)
    gateway.mux.consumed(reading, LIMITS.streamWindowMax)
  }
}
