import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { connected, MuxEnd, pattern, requestHead, settle } from '../../support/wire/mux-end.ts'
import { readWire } from '../../support/wire/wire-text.ts'
import { expectEmpty, next, types } from './multiplexer-checks.ts'

const KIB = 1024

describe('a small request is two frames', () => {
  it('opens with its head and its end, and is answered by head, body and end together', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request('/v1/records?thread=th_a')
    const opened = gateway.take()
    expect(opened.flatMap(readWire)).toEqual([
      {
        type: 'OPEN',
        flags: ['END'],
        stream: 1,
        window: 256 * KIB,
        json: requestHead('/v1/records?thread=th_a'),
      },
    ])
    for (const message of opened) daemon.receive(message)
    expect(daemon.seen(id)).toMatchObject({
      head: requestHead('/v1/records?thread=th_a'),
      ended: true,
    })
    daemon.respond(id, 'hello')
    expect(daemon.mux.openStreams).toBe(1)
    const answered = daemon.take()
    expect(answered.flatMap(readWire)).toEqual([
      {
        type: 'HEAD',
        flags: ['END'],
        stream: 1,
        json: { status: 200, headers: [] },
        body: '68656c6c6f',
      },
    ])
    for (const message of answered) gateway.receive(message)
    expect(gateway.seen(id)).toMatchObject({
      head: { status: 200 },
      ended: true,
      bytes: 5,
      closed: true,
    })
    expect(daemon.seen(id).closed).toBe(true)
    expect([gateway.mux.openStreams, daemon.mux.openStreams]).toEqual([0, 0])
    expect([gateway.mux.quiet, daemon.mux.quiet]).toEqual([true, true])
  })

  it('many answers of one tick leave in one message', () => {
    const { gateway, daemon } = connected()
    for (let count = 0; count < 50; count += 1) gateway.request()
    const messages = gateway.take()
    expect(messages).toHaveLength(1)
    for (const message of messages) daemon.receive(message)
    for (let id = 1; id <= 50; id += 1) daemon.respond(id, `answer ${id}`)
    expect(daemon.take()).toHaveLength(1)
  })
})

describe('bodies', () => {
  it('goes up and down at once, in order and whole', () => {
    const up = pattern(3_000_000, 1)
    const down = pattern(2_500_000, 2)
    const { gateway, daemon } = connected(
      {},
      { on: { open: (id) => void daemon.respond(id, '', false) } },
    )
    const id = gateway.request('/', false)
    gateway.mux.write(id, up)
    gateway.mux.end(id)
    // Heads first: the answer begins before the upload ends.
    settleOnce(gateway, daemon)
    daemon.mux.write(id, down)
    settle(gateway, daemon)
    expect(Buffer.compare(daemon.body(id), up)).toBe(0)
    daemon.mux.end(id)
    settle(gateway, daemon)
    expect(Buffer.compare(gateway.body(id), down)).toBe(0)
    expect(gateway.seen(id)).toMatchObject({ ended: true, closed: true, reset: undefined })
    expect(daemon.seen(id)).toMatchObject({ ended: true, closed: true, reset: undefined })
  })

  it('puts a body that is too large for the head behind it', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(LIMITS.inlineBodyBytes + 1))
    const frames = daemon.take().flatMap(readWire)
    expect(frames.map((frame) => [frame.type, frame.flags])).toEqual([
      ['HEAD', []],
      ['DATA', ['END']],
    ])
  })

  it('tells a writer to wait, and to go on once half of the queue is gone', () => {
    const { gateway, daemon } = connected({ consume: false })
    const id = gateway.request()
    settle(gateway, daemon)
    expect(daemon.respond(id, '', false)).toBe(true)
    expect(daemon.mux.write(id, pattern(100 * KIB))).toBe(true)
    expect(daemon.mux.write(id, pattern(500 * KIB))).toBe(false)
    settle(gateway, daemon)
    // The reader has taken nothing: one window is out, the rest waits.
    expect(gateway.seen(id).bytes).toBe(256 * KIB)
    expect(daemon.mux.queued(id)).toBe(344 * KIB)
    expect(daemon.seen(id).writable).toBe(0)
    gateway.mux.consumed(id, 256 * KIB)
    settle(gateway, daemon)
    expect(daemon.seen(id).writable).toBe(0)
    gateway.mux.consumed(id, 256 * KIB)
    settle(gateway, daemon)
    expect(daemon.mux.queued(id)).toBe(0)
    expect(daemon.seen(id).writable).toBe(1)
  })

  it('drops what an app writes or ends before it has answered, rather than send a body without a head', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    expect(daemon.mux.write(id, pattern(10))).toBe(true)
    daemon.mux.end(id)
    expect(daemon.mux.next()).toBeUndefined()
    daemon.respond(id, 'late')
    settle(gateway, daemon)
    expect(gateway.seen(id)).toMatchObject({ bytes: 4, ended: true })
  })
})

describe('an early answer', () => {
  it('sends END first and RESET(NO_ERROR) after it, and the opener stops its upload', () => {
    const { gateway, daemon } = connected({}, { consume: false })
    const id = gateway.request('/', false)
    gateway.mux.write(id, pattern(200 * KIB))
    settle(gateway, daemon)
    daemon.respond(id, 'enough', true, 413)
    const frames = daemon.take().flatMap(readWire)
    expect(frames.map(({ type, flags, code }) => [type, flags, code])).toEqual([
      ['HEAD', ['END'], undefined],
      ['RESET', [], 'NO_ERROR'],
    ])
    expect(daemon.seen(id)).toMatchObject({ ended: false, reset: RESET.NO_ERROR })
  })

  it('keeps the answer whole for a slow reader, and takes nothing more of the upload', () => {
    const { gateway, daemon } = connected({ consume: false }, { consume: false })
    const id = gateway.request('/', false)
    gateway.mux.write(id, pattern(900 * KIB))
    settle(gateway, daemon)
    daemon.respond(id, pattern(1000), true, 413)
    settle(gateway, daemon)
    expect(gateway.seen(id)).toMatchObject({
      ended: true,
      stopped: true,
      reset: undefined,
      closed: false,
    })
    expect(gateway.log).toEqual([`head ${id}`, `stopSending ${id}`])
    expect(gateway.mux.queued(id)).toBe(0)
    expect(gateway.mux.write(id, pattern(900 * KIB))).toBe(true)
    expect(gateway.mux.queued(id)).toBe(0)
    expect(gateway.mux.openStreams).toBe(1)
    gateway.mux.consumed(id, 1000)
    expect(gateway.seen(id).closed).toBe(true)
    expectEmpty(gateway, daemon)
  })

  it('ends the exchange although the app has left a whole request body unread', () => {
    const { gateway, daemon } = connected({}, { consume: false })
    const id = gateway.request('/', false)
    gateway.mux.write(id, pattern(1000))
    gateway.mux.end(id)
    settle(gateway, daemon)
    daemon.respond(id, 'no need to read that')
    settle(gateway, daemon)
    expect(daemon.seen(id)).toMatchObject({ closed: true, reset: undefined })
    expectEmpty(gateway, daemon)
  })
})

describe('going away', () => {
  it('lets the streams before it finish, and refuses those after it', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    const crossing = gateway.request()
    const underWay = gateway.take()
    daemon.mux.goAway(RESET.GOING_AWAY, 'restart')
    for (const message of daemon.take()) gateway.receive(message)
    expect(gateway.goneAway).toEqual([{ last: id, code: RESET.GOING_AWAY, reason: 'restart' }])
    expect(gateway.mux.refusal(0)).toBe('going-away')
    for (const message of underWay) daemon.receive(message)
    settle(gateway, daemon)
    expect(gateway.seen(crossing).reset).toBe(RESET.REFUSED)
    daemon.respond(id, 'still answered')
    settle(gateway, daemon)
    expect(gateway.seen(id)).toMatchObject({ ended: true, bytes: 14 })
    expectEmpty(gateway, daemon)
  })

  it("a gateway's streams that were opened before it are answered, although their heads follow it", () => {
    const { gateway, daemon } = connected(
      {},
      { on: { open: (id) => void daemon.respond(id, 'yes') } },
    )
    const id = gateway.request()
    gateway.mux.goAway(RESET.GOING_AWAY, 'replaced')
    const message = gateway.mux.next() as Uint8Array
    expect(types([message])).toEqual(['GO_AWAY', 'OPEN'])
    daemon.receive(message)
    settle(gateway, daemon)
    expect(daemon.goneAway).toEqual([{ last: id, code: RESET.GOING_AWAY, reason: 'replaced' }])
    expect(gateway.seen(id)).toMatchObject({ ended: true, bytes: 3, reset: undefined })
    expect(() => gateway.request()).toThrow('going-away')
  })
})

describe('a lost connection', () => {
  it('fails every live stream once, and no stream whose owner has reset it', () => {
    const { gateway, daemon } = connected()
    const ids = [gateway.request(), gateway.request(), gateway.request()] as const
    settle(gateway, daemon)
    gateway.mux.reset(ids[1], RESET.CANCEL, 0)
    gateway.mux.close()
    gateway.mux.close()
    expect(gateway.log).toEqual([`reset ${ids[0]}`, `reset ${ids[2]}`])
    expect(gateway.seen(ids[0]).reset).toBe(RESET.CONNECTION_LOST)
    expect(gateway.mux.next()).toBeUndefined()
    expect(gateway.mux).toMatchObject({ openStreams: 0, promised: 0, quiet: true })
    expect(gateway.mux.refusal(0)).toBe('going-away')
    expect(gateway.mux.write(ids[0], pattern(10))).toBe(true)
    gateway.mux.end(ids[0])
    gateway.mux.goAway(RESET.GOING_AWAY, '')
    expect(gateway.mux.quiet).toBe(true)
  })
})

describe('large numbers', () => {
  it('counts bytes beyond 2^32', () => {
    const far = 2 ** 40
    const base = { lastStream: 2 ** 31, greeted: true, leaving: false }
    const gateway = new MuxEnd('opener', {
      restored: {
        ...base,
        sent: far,
        sendLimit: far + LIMITS.connectionWindow,
        received: 3 * far,
        granted: 3 * far + LIMITS.connectionWindow,
      },
    })
    const daemon: MuxEnd = new MuxEnd('acceptor', {
      restored: {
        ...base,
        sent: 3 * far,
        sendLimit: 3 * far + LIMITS.connectionWindow,
        received: far,
        granted: far + LIMITS.connectionWindow,
      },
      on: { open: (id) => void daemon.respond(id, new Uint8Array(3 * 1024 * KIB)) },
    })
    for (let round = 0; round < 40; round += 1) {
      expect(gateway.request()).toBe(2 ** 31 + 1 + round)
      settle(gateway, daemon)
    }
    expect(gateway.mux.snapshot().received).toBe(3 * far + 120 * 1024 * KIB)
    expectEmpty(gateway, daemon)
  })

  it('uses stream ids up to the last one, then asks for a new connection', () => {
    const restored = {
      sent: 0,
      sendLimit: 1000,
      received: 0,
      granted: 1000,
      greeted: true,
      leaving: false,
    }
    const gateway = new MuxEnd('opener', { restored: { ...restored, lastStream: 2 ** 32 - 2 } })
    expect(gateway.request()).toBe(2 ** 32 - 1)
    expect(next(gateway)?.[0]?.stream).toBe(2 ** 32 - 1)
    expect(gateway.mux.refusal(0)).toBe('going-away')
  })
})

describe('opening', () => {
  it('says why it cannot: too many streams, too many cancels', () => {
    const { gateway } = connected()
    expect(gateway.mux.refusal(0)).toBeUndefined()
    for (let count = 0; count < LIMITS.cancelledOpens; count += 1) {
      gateway.mux.reset(gateway.request(), RESET.CANCEL, 0)
    }
    expect(gateway.mux.refusal(0)).toBe('too-many-cancels')
    expect(gateway.mux.refusal(LIMITS.cancelledOpensIntervalMs)).toBeUndefined()
    let opened = 0
    while (gateway.mux.refusal(60_000) === undefined) {
      gateway.request()
      opened += 1
    }
    // The later ones get smaller windows, but every slot can be used.
    expect(opened).toBe(LIMITS.concurrentStreams)
    expect(gateway.mux.refusal(60_000)).toBe('too-many-streams')
    expect(() => gateway.request()).toThrow('too-many-streams')
    const windows = gateway
      .take()
      .flatMap(readWire)
      .map((frame) => frame.window ?? 0)
    expect(windows[0]).toBe(LIMITS.streamWindow)
    expect(Math.min(...windows)).toBeGreaterThanOrEqual(LIMITS.streamWindowMin)
    const total = windows.reduce((sum, window) => sum + window, 0)
    expect(total).toBeLessThanOrEqual(LIMITS.connectionWindow - LIMITS.connectionGrantStep)
  })
})

function settleOnce(gateway: MuxEnd, daemon: MuxEnd): void {
  const first = gateway.mux.next()
  if (first !== undefined) daemon.receive(first)
}
