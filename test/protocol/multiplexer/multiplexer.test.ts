import { describe, expect, it } from 'vitest'
import { decodeFrames, FRAME } from '../../../protocol/tunnel/frame.ts'
import { encodeHead } from '../../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import {
  connected,
  MuxEnd,
  pattern,
  policyBytes,
  policyOfSize,
  requestHead,
  settle,
} from '../../support/mux-end.ts'
import { readWire, writeWire } from '../../support/wire-text.ts'

const KIB = 1024

/** The next message of one side, in words, or undefined. */
function next(end: MuxEnd) {
  const message = end.mux.next()
  return message === undefined ? undefined : readWire(message)
}

/** Frame types of everything one side would send now, without delivering it. */
function types(messages: readonly Uint8Array[]): string[] {
  return messages.flatMap((message) => readWire(message).map((frame) => frame.type))
}

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

  it('keeps the answer whole for a slow reader, and takes no more of the upload', () => {
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

describe('cancel', () => {
  it('takes back an OPEN that has not left: the daemon never hears of it', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    gateway.mux.reset(id, RESET.CANCEL, 0)
    expect(gateway.mux.next()).toBeUndefined()
    expect(gateway.mux.openStreams).toBe(0)
    const second = gateway.request()
    expect(second).toBe(id + 1)
    settle(gateway, daemon)
    expect([...daemon.streams.keys()]).toEqual([second])
  })

  it('holds the slot until the daemon confirms', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    gateway.mux.reset(id, RESET.CANCEL, 0)
    expect(gateway.mux.openStreams).toBe(1)
    settle(gateway, daemon)
    expect(daemon.seen(id).reset).toBe(RESET.CANCEL)
    expect(gateway.seen(id).reset).toBeUndefined()
    expectEmpty(gateway, daemon)
  })

  it('overtakes heads and data that wait, and nothing of the stream follows', () => {
    const { gateway, daemon } = connected({ consume: false })
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(100), false)
    daemon.mux.write(id, pattern(50 * KIB))
    daemon.mux.reset(id, RESET.BODY_FAILED, 0)
    expect(types(daemon.take())).toEqual(['RESET'])
  })

  it('gives back the credit of an answer that never left', () => {
    const { gateway, daemon } = connected()
    const sent = daemon.mux.snapshot().sent
    for (let round = 0; round < 20; round += 1) {
      const id = gateway.request()
      settle(gateway, daemon)
      daemon.respond(id, pattern(LIMITS.inlineBodyBytes))
      if (round % 2 === 0) {
        gateway.mux.reset(id, RESET.CANCEL, 0)
        for (const message of gateway.take()) daemon.receive(message)
      } else daemon.mux.reset(id, RESET.INTERNAL, 0)
      settle(gateway, daemon)
    }
    expect(daemon.mux.snapshot().sent).toBe(sent)
    expectEmpty(gateway, daemon)
  })

  it('does not send the answer of a stream that the client has left, nor report it twice', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request('/', false)
    settle(gateway, daemon)
    daemon.respond(id, 'too late')
    gateway.mux.reset(id, RESET.CANCEL, 0)
    for (const message of gateway.take()) daemon.receive(message)
    const answers = daemon.take()
    expect(answers.flatMap(readWire)).toEqual([
      { type: 'RESET', flags: ['ACK'], stream: id, code: 'CANCEL' },
    ])
    for (const message of answers) gateway.receive(message)
    expect(daemon.log).toEqual([`open ${id}`, `reset ${id}`])
    expectEmpty(gateway, daemon)
  })

  it('from both sides at once ends in two confirmations', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request('/', false)
    settle(gateway, daemon)
    gateway.mux.reset(id, RESET.CANCEL, 0)
    daemon.mux.reset(id, RESET.INTERNAL, 0)
    settle(gateway, daemon)
    expect(gateway.seen(id).reset).toBeUndefined()
    expect(daemon.seen(id).reset).toBeUndefined()
    expectEmpty(gateway, daemon)
  })

  it('gives back bytes that were under way and bytes that nobody had read', () => {
    const { gateway, daemon } = connected({ consume: false })
    for (let round = 0; round < 60; round += 1) {
      const id = gateway.request()
      settle(gateway, daemon)
      daemon.respond(id, '', false)
      daemon.mux.write(id, new Uint8Array(300 * KIB))
      const messages = daemon.take()
      // Some has arrived, some is under way, some is not sent when the client leaves.
      gateway.receive(messages[0] as Uint8Array)
      gateway.mux.reset(id, RESET.CANCEL, 10_000 * round)
      for (const message of messages.slice(1)) gateway.receive(message)
      settle(gateway, daemon)
    }
    expect(gateway.mux.unread).toBe(0)
    expectEmpty(gateway, daemon)
  })
})

describe('nobody who does not read harms the others', () => {
  it('a hundred stalled downloads never use up the connection: another one runs on for ever', () => {
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

  it('nor a crowd of stalled uploads: their least windows are set aside beforehand', () => {
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
  it('a small answer overtakes every bulk body: nothing but the message under way is before it', () => {
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

  it('a message carries as much data as it was asked for, and no more', () => {
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

describe('an owner that calls back from inside', () => {
  it('reset inside open: no answer, no window, one RESET', () => {
    const { gateway, daemon } = connected(
      {},
      { on: { open: (id) => daemon.mux.reset(id, RESET.REFUSED, 0) } },
    )
    const id = gateway.request('/', false)
    settle(gateway, daemon)
    expect(gateway.seen(id).reset).toBe(RESET.REFUSED)
    expect(daemon.log).toEqual([`open ${id}`])
    expectEmpty(gateway, daemon)
  })

  it('reset inside data with the last bytes: no end is reported', () => {
    const { gateway, daemon } = connected({
      on: { data: (id) => gateway.mux.reset(id, RESET.CANCEL, 0) },
    })
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(LIMITS.inlineBodyBytes + 1))
    settle(gateway, daemon)
    expect(gateway.log).toEqual([`head ${id}`, `data ${id}`])
    expectEmpty(gateway, daemon)
  })

  it('reset inside head: nothing of the body is reported', () => {
    const { gateway, daemon } = connected({
      consume: false,
      on: { head: (id) => gateway.mux.reset(id, RESET.CANCEL, 0) },
    })
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(200 * KIB))
    settle(gateway, daemon)
    expect(gateway.log).toEqual([`head ${id}`])
    expectEmpty(gateway, daemon)
  })

  it.each(['open', 'data', 'end', 'reset', 'goAway', 'closed'] as const)(
    'close inside %s: the rest of the message is not read, each stream fails once',
    (event) => {
      const closing = () => daemon.mux.close()
      const { gateway, daemon } = connected({}, { on: { [event]: closing } })
      const first = gateway.request('/', false)
      const second = gateway.request('/', false)
      gateway.mux.write(first, pattern(10))
      gateway.mux.end(first)
      if (event === 'closed') {
        settle(gateway, daemon)
        daemon.respond(first, '')
        settle(gateway, daemon)
      }
      if (event === 'reset') {
        settle(gateway, daemon)
        gateway.mux.reset(first, RESET.CANCEL, 0)
      }
      if (event === 'goAway') gateway.mux.goAway(RESET.GOING_AWAY, '')
      else gateway.request('/', true)
      settle(gateway, daemon)
      const after = daemon.log.slice(daemon.log.findIndex((line) => line.startsWith(event)) + 1)
      expect(after.filter((line) => !line.startsWith('reset'))).toEqual([])
      const resets = daemon.log.filter((line) => line.startsWith('reset'))
      expect(new Set(resets).size).toBe(resets.length)
      const told = event === 'open' || event === 'goAway' || resets.includes(`reset ${second}`)
      expect(told).toBe(true)
      expect(daemon.mux).toMatchObject({ openStreams: 0, promised: 0, quiet: true })
    },
  )

  it('reset of another stream inside a lost connection is the last word on it', () => {
    const { gateway, daemon } = connected({
      on: { reset: () => gateway.mux.reset(2, RESET.CANCEL, 0) },
    })
    gateway.request()
    gateway.request()
    settle(gateway, daemon)
    gateway.mux.close()
    expect(gateway.log).toEqual(['reset 1'])
  })

  it('an owner that sends from inside output: the same bytes arrive', () => {
    const toDaemon: Uint8Array[] = []
    const toGateway: Uint8Array[] = []
    const gateway: MuxEnd = new MuxEnd('opener', {
      on: { output: () => toDaemon.push(...gateway.take()) },
    })
    const daemon: MuxEnd = new MuxEnd('acceptor', {
      on: {
        output: () => toGateway.push(...daemon.take()),
        open: (id) => void daemon.respond(id, pattern(20 * KIB, id), false),
        data: (id, bytes) => void daemon.mux.write(id, bytes.slice()),
        end: (id) => daemon.mux.end(id),
      },
    })
    const carry = () => {
      toDaemon.push(...gateway.take())
      toGateway.push(...daemon.take())
      for (;;) {
        const message = toDaemon.shift()
        if (message !== undefined) daemon.receive(message)
        const answer = toGateway.shift()
        if (answer !== undefined) gateway.receive(answer)
        if (message === undefined && answer === undefined) return
      }
    }
    const id = gateway.request('/', false)
    gateway.mux.write(id, pattern(700 * KIB))
    gateway.mux.end(id)
    carry()
    const echoed = Buffer.concat([pattern(20 * KIB, id), pattern(700 * KIB)])
    expect(Buffer.compare(gateway.body(id), echoed)).toBe(0)
    expect(gateway.seen(id).closed).toBe(true)
    expectEmpty(gateway, daemon)
  })
})

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

/** Both tables are empty, all windows are back, and the two sides agree on every byte. */
function expectEmpty(gateway: MuxEnd, daemon: MuxEnd): void {
  settle(gateway, daemon)
  for (const [one, other] of [
    [gateway, daemon],
    [daemon, gateway],
  ] as const) {
    expect(one.mux).toMatchObject({ openStreams: 0, unread: 0, promised: 0, quiet: true })
    const mine = one.mux.snapshot()
    const theirs = other.mux.snapshot()
    expect(mine.sent).toBe(theirs.received)
    expect(mine.sendLimit).toBe(theirs.granted)
    const ungranted = theirs.received + LIMITS.connectionWindow - theirs.granted
    expect(ungranted).toBeLessThan(LIMITS.connectionGrantStep)
    expect(ungranted).toBeGreaterThanOrEqual(0)
  }
}

function settleOnce(gateway: MuxEnd, daemon: MuxEnd): void {
  const first = gateway.mux.next()
  if (first !== undefined) daemon.receive(first)
}

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
