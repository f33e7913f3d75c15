import { describe, expect, it } from 'vitest'
import { encodeFrame, FRAME } from '../../../protocol/tunnel/frame.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { ConnectionError, type Role } from '../../../protocol/multiplexer/multiplexer.ts'
import { RESET, resetName } from '../../../protocol/tunnel/reset-code.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { writeUint32 } from '../../../protocol/encoding/wire-integers.ts'
import {
  BYSTANDER,
  credit,
  data,
  head,
  HELLO,
  HostileScene as Scene,
  open,
  repeat,
  reset,
  TARGET,
  WHOLE,
} from './hostile-scene.ts'
import { MuxEnd, pattern, policyBytes, requestHead } from '../../support/mux-end.ts'
import { hex, unhex, writeWire, type FrameText } from '../../support/wire-text.ts'

const KIB = 1024

/** A frame's payload that begins with a number. */
function prefixed(prefix: number, text: string, body = 0): Uint8Array {
  const number = new Uint8Array(4)
  writeUint32(number, 0, prefix)
  return Buffer.concat([number, Buffer.from(text), new Uint8Array(body)])
}

const ANSWER = { status: 200, headers: [] }
const request = JSON.stringify(requestHead('/'))
const without = (field: string) => JSON.stringify({ ...requestHead('/'), [field]: undefined })
const opening = (payload: Uint8Array) => (scene: Scene) => scene.raw(FRAME.OPEN, 3, payload)
const answering = (payload: Uint8Array) => (scene: Scene) => scene.raw(FRAME.HEAD, TARGET, payload)
const wire =
  (...frames: FrameText[]) =>
  () =>
    writeWire(frames)
const policy = (payload: Uint8Array) => () =>
  encodeFrame({ type: FRAME.POLICY, flags: 0, stream: 0, payload })
const roles: readonly Role[] = ['opener', 'acceptor']

describe('costs the connection, with a code, and every stream knows', () => {
  interface Fatal {
    readonly name: string
    readonly role?: Role
    readonly code?: number
    readonly message: (scene: Scene) => Uint8Array
  }
  const cases: readonly Fatal[] = [
    { name: 'garbage', message: () => pattern(1000) },
    { name: 'an empty message', message: () => new Uint8Array(0) },
    { name: 'a frame cut short', message: () => writeWire([data(TARGET, 'abc')]).subarray(0, 14) },
    { name: 'an unknown type', message: () => unhex('0c0000000000000100000000') },
    { name: 'an unknown flag', message: () => unhex('040800000000000100000000') },
    { name: 'reserved bytes', message: () => unhex('040000010000000100000000') },
    {
      name: 'a message over the limit',
      code: RESET.TOO_LARGE,
      message: () => new Uint8Array(LIMITS.messageBytes + 1),
    },
    {
      name: 'a DATA frame over the limit',
      code: RESET.TOO_LARGE,
      message: wire(data(TARGET, new Uint8Array(LIMITS.dataBytes + 1))),
    },
    { name: 'a second HELLO', message: wire(HELLO) },
    { name: 'an OPEN from the daemon', role: 'opener', message: wire(open(9)) },
    { name: 'a stream id used again', role: 'acceptor', message: wire(open(TARGET)) },
    { name: 'stream ids going back', role: 'acceptor', message: wire(open(9), open(8)) },
    { name: 'an absurd credit', message: () => unhex(`060000000000000000000008${'ff'.repeat(8)}`) },
    {
      name: 'an absurd credit on a stream',
      message: () => unhex('0600000000000002000000080020000000000000'),
    },
    { name: 'a POLICY from the gateway', role: 'acceptor', message: policy(policyBytes(1)) },
    { name: 'a POLICY that is no JSON', role: 'opener', message: policy(Buffer.from('{')) },
    { name: 'an empty POLICY', role: 'opener', message: policy(new Uint8Array(0)) },
    {
      name: 'a POLICY without limits',
      role: 'opener',
      message: policy(Buffer.from('{"version":1,"origins":[],"tokens":{}}')),
    },
    {
      name: 'a POLICY with a token that is none',
      role: 'opener',
      message: policy(policyBytes(1, { tokens: { secret: { scopes: 1 } } })),
    },
    {
      name: 'a POLICY over the limit',
      role: 'opener',
      message: policy(
        policyBytes(1, {
          origins: ['x'.repeat(LIMITS.policyBytes + 1 - policyBytes(1).length - 2)],
        }),
      ),
    },
    {
      name: 'a POLICY_ACK from the daemon',
      role: 'opener',
      message: wire({ type: 'POLICY_ACK', flags: [], stream: 0, version: 1 }),
    },
    {
      name: 'a RIVAL from the daemon',
      role: 'opener',
      message: wire({ type: 'RIVAL', flags: [], stream: 0 }),
    },
    {
      name: 'a RIVAL with a payload',
      message: () =>
        encodeFrame({ type: FRAME.RIVAL, flags: 0, stream: 0, payload: new Uint8Array(1) }),
    },
    {
      name: 'a POLICY_ACK cut short',
      message: () =>
        encodeFrame({ type: FRAME.POLICY_ACK, flags: 0, stream: 0, payload: new Uint8Array(7) }),
    },
    {
      name: 'more bytes than the connection was granted, spread over streams that are over',
      code: RESET.FLOW_CONTROL,
      message: (scene) => {
        const gone = data(TARGET, new Uint8Array(64 * KIB))
        // A reader that takes nothing: then late bytes are all that still comes back.
        scene.say(reset(TARGET))
        for (let sent = 0; sent < 2 * LIMITS.connectionWindow; sent += 15 * 64 * KIB) {
          const before = scene.victim.mux.snapshot()
          if (before.granted - before.received < 15 * 64 * KIB) break
          scene.say(...repeat(gone, 15))
        }
        return writeWire(Array<FrameText>(15).fill(gone))
      },
    },
  ]
  for (const { name, role, code = RESET.PROTOCOL_ERROR, message } of cases) {
    for (const side of role === undefined ? roles : [role]) {
      it(`${name}, to the ${side}`, () => {
        const scene = new Scene(side)
        expect(codeOf(() => scene.victim.receive(message(scene)))).toBe(resetName(code as 3))
        expect(scene.victim.seen(BYSTANDER).reset).toBe(RESET.CONNECTION_LOST)
        expect(scene.victim.mux).toMatchObject({ openStreams: 0, promised: 0, quiet: true })
        expect(scene.victim.mux.next()).toBeUndefined()
      })
    }
  }

  it.each(roles)('anything before HELLO, to the %s', (role) => {
    for (const first of [
      credit(0, 5),
      data(1, 'a'),
      { type: 'PING', flags: [], stream: 0, id: 1 } as const,
    ]) {
      const victim = new MuxEnd(role)
      expect(codeOf(() => victim.receive(writeWire([first, HELLO])))).toBe('PROTOCOL_ERROR')
    }
  })

  it.each([
    ['another version', `{"version":${PROTOCOL_VERSION + 1},"agent":"x"}`],
    ['no agent', `{"version":${PROTOCOL_VERSION}}`],
    [
      'a generation that is no number',
      `{"version":${PROTOCOL_VERSION},"agent":"x","generation":"7"}`,
    ],
    ['a generation below zero', `{"version":${PROTOCOL_VERSION},"agent":"x","generation":-1}`],
    ['null', 'null'],
    ['no JSON', `{"version":${PROTOCOL_VERSION},`],
    [
      'too long',
      JSON.stringify({ version: PROTOCOL_VERSION, agent: 'x'.repeat(LIMITS.helloBytes) }),
    ],
  ])('a HELLO that is none: %s', (_name, json) => {
    const victim = new MuxEnd('acceptor')
    const hello = encodeFrame({
      type: FRAME.HELLO,
      flags: 0,
      stream: 0,
      payload: Buffer.from(json),
    })
    expect(codeOf(() => victim.receive(hello))).toBe('PROTOCOL_ERROR')
  })
})

describe('costs one stream, with a code, and harms no other', () => {
  interface Fault {
    readonly name: string
    readonly role?: Role
    readonly code: keyof typeof RESET
    readonly act: (scene: Scene) => void
    /** The stream that is reset, if not the target. */
    readonly stream?: number
  }
  const long = JSON.stringify({ ...requestHead('/'), request_id: 'x'.repeat(LIMITS.headBytes) })
  const many = Array.from({ length: LIMITS.headerFields + 1 }, (_, at) => [`h${at}`, ''])
  const answer = (more: object) => {
    const json = JSON.stringify({ ...ANSWER, ...more })
    return answering(prefixed(json.length, json))
  }
  const cases: readonly Fault[] = [
    // Heads of requests.
    {
      name: 'OPEN without a window',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: opening(new Uint8Array(3)),
    },
    {
      name: 'OPEN with a window over the limit',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: opening(prefixed(LIMITS.streamWindowMax + 1, request)),
    },
    {
      name: 'OPEN that is no JSON',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: opening(prefixed(1000, `${request}}`)),
    },
    {
      name: 'OPEN that is an array',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: opening(prefixed(1000, '[]')),
    },
    {
      name: 'OPEN with broken UTF-8',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: (scene) =>
        scene.raw(
          FRAME.OPEN,
          3,
          Buffer.concat([prefixed(9, request.slice(0, -2)), unhex('ff227d')]),
        ),
    },
    ...['method', 'target', 'headers', 'host', 'scheme', 'request_id'].map((field): Fault => ({
      name: `OPEN without ${field}`,
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: opening(prefixed(1000, without(field))),
    })),
    {
      name: 'OPEN with a method in lower case',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: (scene) => scene.say(open(3, { json: { ...requestHead('/'), method: 'get' } })),
    },
    {
      name: 'OPEN with an absolute target',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: (scene) => scene.say(open(3, { json: requestHead('http://x/') })),
    },
    {
      name: 'OPEN with another upgrade',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: (scene) => scene.say(open(3, { json: { ...requestHead('/'), upgrade: 'h2c' } })),
    },
    {
      name: 'OPEN with too many fields',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: (scene) => scene.say(open(3, { json: { ...requestHead('/'), headers: many } })),
    },
    {
      name: 'OPEN with a field of three',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: (scene) =>
        scene.say(open(3, { json: { ...requestHead('/'), headers: [['a', 'b', 'c']] } })),
    },
    {
      name: 'OPEN with a head over the limit',
      role: 'acceptor',
      code: 'TOO_LARGE',
      stream: 3,
      act: opening(prefixed(1000, long)),
    },
    // Heads of answers.
    {
      name: 'HEAD to the daemon',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      act: (scene) => scene.say(head(TARGET)),
    },
    {
      name: 'HEAD twice',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: (scene) => scene.say(head(TARGET), head(TARGET, { body: 'abcd' })),
    },
    {
      name: 'HEAD without a length',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answering(new Uint8Array(2)),
    },
    {
      name: 'HEAD shorter than it says',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answering(prefixed(1000, '{}')),
    },
    {
      name: 'HEAD with a length of 2^32-1',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answering(prefixed(2 ** 32 - 1, '{}')),
    },
    {
      name: 'HEAD that is no JSON',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answering(prefixed(2, '{{', 500)),
    },
    {
      name: 'HEAD with an informational status',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answer({ status: 100 }),
    },
    {
      name: 'HEAD with a status of 600',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answer({ status: 600 }),
    },
    {
      name: 'HEAD with a status in text',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answer({ status: '200' }),
    },
    {
      name: 'HEAD without fields',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: answer({ headers: null }),
    },
    {
      name: 'HEAD over the limit',
      role: 'opener',
      code: 'TOO_LARGE',
      act: answer({ x: 'x'.repeat(LIMITS.headBytes) }),
    },
    {
      name: 'HEAD with a body over the limit',
      role: 'opener',
      code: 'TOO_LARGE',
      act: answering(prefixed(27, JSON.stringify(ANSWER), LIMITS.inlineBodyBytes + 1)),
    },
    // Bodies.
    {
      name: 'DATA before its HEAD',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: (scene) => scene.say(data(TARGET, 'abc')),
    },
    {
      name: 'DATA after END',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      act: (scene) => scene.say(data(TARGET, 'a', true), data(TARGET, 'b')),
    },
    {
      name: 'DATA after END',
      role: 'opener',
      code: 'PROTOCOL_ERROR',
      act: (scene) => scene.say(head(TARGET), data(TARGET, 'a', true), data(TARGET, 'b')),
    },
    {
      name: 'END twice',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      act: (scene) => scene.say(data(TARGET, '', true), data(TARGET, '', true)),
    },
    {
      name: 'DATA that says nothing',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      act: (scene) => scene.say(data(TARGET, '')),
    },
    {
      name: 'DATA on a request without a body',
      role: 'acceptor',
      code: 'PROTOCOL_ERROR',
      stream: 3,
      act: (scene) => scene.say(open(3, { flags: ['END'] }), data(3, 'a')),
    },
    {
      name: 'more than the window',
      role: 'acceptor',
      code: 'FLOW_CONTROL',
      act: (scene) => flood(scene, []),
    },
    {
      name: 'more than the window',
      role: 'opener',
      code: 'FLOW_CONTROL',
      act: (scene) => flood(scene, [head(TARGET)]),
    },
    // Streams that are not there.
    ...roles.flatMap((role): Fault[] => [
      {
        name: 'DATA on a stream never opened',
        role,
        code: 'UNKNOWN_STREAM',
        stream: 77,
        act: (scene) => scene.say(data(77, 'abc')),
      },
      {
        name: 'HEAD on a stream never opened',
        role,
        code: 'UNKNOWN_STREAM',
        stream: 2 ** 32 - 1,
        act: (scene) => scene.say(head(2 ** 32 - 1, { body: 'abcd' })),
      },
    ]),
    {
      name: 'HEAD on a stream whose OPEN has not left',
      role: 'opener',
      code: 'UNKNOWN_STREAM',
      stream: 3,
      act: (scene) => {
        scene.victim.request('/unsent')
        scene.say(head(3, { flags: ['END'] }))
      },
    },
  ]
  for (const { name, role, code, act, stream = TARGET } of cases) {
    for (const side of role === undefined ? roles : [role]) {
      it(`${name}, to the ${side}`, () => {
        const scene = new Scene(side, !code.startsWith('FLOW'))
        act(scene)
        expect(scene.resets()).toEqual([[stream, code]])
        scene.say({ ...reset(stream, code), flags: ['ACK'] })
        const told = scene.victim.streams.get(stream)?.reset
        expect(stream === TARGET ? told : RESET[code]).toBe(RESET[code])
        // The bytes of the refused frame are not lost to the connection.
        expect(scene.victim.mux.unread).toBe(0)
        expect(scene.victim.mux.openStreams).toBeLessThanOrEqual(3)
        expect(scene.bystander()).toEqual(WHOLE)
      })
    }
  }

  it('a body in the HEAD that is more than the window', () => {
    const scene = new Scene('opener')
    let id = TARGET
    while (scene.victim.mux.refusal(0) === undefined) id = scene.victim.request()
    const window = scene.heard().at(-1)?.window ?? 0
    expect(window).toBeLessThan(LIMITS.inlineBodyBytes)
    scene.say(
      head(id - 1, { body: hex(new Uint8Array(window)) }),
      head(id, { body: hex(new Uint8Array(window + 1)) }),
    )
    expect(scene.resets()).toEqual([[id, 'FLOW_CONTROL']])
    expect(scene.victim.mux.unread).toBe(0)
    expect(scene.bystander()).toEqual(WHOLE)
  })
})

describe('changes nothing', () => {
  it.each(roles)('credit that goes backwards, or is for nobody, to the %s', (role) => {
    const scene = new Scene(role)
    const before = scene.victim.mux.snapshot()
    scene.say(
      credit(0, 1),
      credit(0, 0),
      credit(TARGET, 0),
      credit(TARGET, 5),
      credit(900, 2 ** 40),
    )
    expect(scene.victim.mux.snapshot()).toEqual(before)
    expect(scene.heard()).toEqual([])
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(roles)('an enormous credit: only that stream runs ahead, to the %s', (role) => {
    const scene = new Scene(role)
    scene.say(credit(TARGET, Number.MAX_SAFE_INTEGER))
    if (role === 'acceptor') scene.victim.respond(TARGET, '', false)
    scene.victim.mux.write(TARGET, new Uint8Array(300 * KIB))
    expect(scene.heard().filter(({ type }) => type === 'DATA').length).toBeGreaterThan(4)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(roles)('frames of streams that are over, answered by nothing, to the %s', (role) => {
    const scene = new Scene(role)
    scene.say(reset(TARGET))
    scene.heard()
    for (let round = 0; round < 1000; round += 1) {
      scene.say(data(TARGET, 'late'), credit(TARGET, round), head(TARGET, { body: 'ab' }))
    }
    expect(scene.heard().filter(({ type }) => type !== 'CREDIT')).toEqual([])
    expect(scene.victim.mux.unread).toBe(0)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(roles)('confirmations that nobody asked for, to the %s', (role) => {
    const scene = new Scene(role)
    scene.say({ ...reset(BYSTANDER), flags: ['ACK'] }, { ...reset(500), flags: ['ACK'] })
    expect(scene.heard()).toEqual([])
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it('two sides that answer each other about streams that neither has do not go on for ever', () => {
    const one = new Scene('opener')
    const other = new Scene('acceptor')
    one.say(data(77, 'abc'))
    let messages = one.victim.take()
    let rounds = 0
    for (; messages.length > 0; rounds += 1) {
      const [from, to] = rounds % 2 === 0 ? [one, other] : [other, one]
      for (const message of messages) to.victim.receive(message)
      expect(from.victim.take()).toEqual([])
      messages = to.victim.take()
    }
    expect(rounds).toBe(2)
  })

  it.each(roles)('answers to a PING that was not sent, to the %s', (role) => {
    const scene = new Scene(role)
    for (let id = 0; id < 100; id += 1) scene.say({ type: 'PING', flags: ['ACK'], stream: 0, id })
    expect(scene.victim.mux.roundTripMs).toBeUndefined()
    expect(scene.bystander()).toEqual(WHOLE)
  })
})

describe('floods', () => {
  it('10 000 open-and-cancel in a second: a bounded table, refused with a code, the others go on', () => {
    const scene = new Scene('acceptor')
    const codes = new Map<string, number>()
    let largest = 0
    for (let count = 0; count < 10_000; count += 1) {
      scene.victim.now = count / 10
      const id = TARGET + 1 + count
      scene.say(open(id, { flags: ['END'] }), reset(id))
      largest = Math.max(largest, scene.victim.mux.openStreams)
      for (const frame of scene.heard()) {
        if (frame.type !== 'RESET' || frame.flags.includes('ACK')) continue
        codes.set(frame.code ?? '', (codes.get(frame.code ?? '') ?? 0) + 1)
      }
    }
    expect(largest).toBe(2)
    expect([...codes.keys()]).toEqual(['ENHANCE_YOUR_CALM'])
    // What the owner was bothered with is the limit, whatever was tried.
    const opened = scene.victim.log.filter((line) => line.startsWith('open')).length
    expect(opened).toBeLessThanOrEqual(2 * LIMITS.cancelledOpens + 3)
    expect(codes.get('ENHANCE_YOUR_CALM')).toBe(10_000 + 2 - opened)
    expect(scene.bystander()).toEqual(WHOLE)
    scene.victim.now += LIMITS.cancelledOpensIntervalMs
    scene.say(open(20_000, { flags: ['END'] }))
    expect(scene.resets()).toEqual([])
  })

  it('the same by a gateway that never reads: closed before the answers pile up', () => {
    const scene = new Scene('acceptor')
    let sent = 0
    const flood = () => {
      for (; sent < 20_000; sent += 1) {
        const id = TARGET + 1 + sent
        scene.say(open(id, { flags: ['END'] }))
        scene.victim.respond(id, new Uint8Array(LIMITS.inlineBodyBytes))
        scene.say(reset(id))
      }
    }
    expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
    expect(sent).toBeLessThanOrEqual(LIMITS.controlFrames + 1)
    expect(scene.victim.seen(BYSTANDER).reset).toBe(RESET.CONNECTION_LOST)
  })

  it('opens without end: as many as there are slots, the rest REFUSED', () => {
    const scene = new Scene('acceptor')
    for (let id = TARGET + 1; id <= 3000; id += 1) scene.say(open(id))
    expect(scene.victim.mux.openStreams).toBe(LIMITS.concurrentStreams)
    const refused = scene.resets()
    expect(refused).toHaveLength(3000 - LIMITS.concurrentStreams)
    expect(new Set(refused.map(([, code]) => code))).toEqual(new Set(['REFUSED']))
    expect(scene.bystander()).toEqual(WHOLE)
    scene.say(open(4000))
    expect(scene.resets()).toEqual([])
  })

  it('slots of resets that the gateway never confirms stay taken', () => {
    const scene = new Scene('acceptor')
    for (let id = TARGET + 1; id <= 3000; id += 1) {
      scene.say(open(id), data(id, ''))
      scene.heard()
    }
    expect(scene.victim.mux.openStreams).toBe(LIMITS.concurrentStreams)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it('a client that opens and cancels is slowed at the gateway, before the daemon hears of it', () => {
    const scene = new Scene('opener')
    let opened = 0
    for (; opened < 10_000 && scene.victim.mux.refusal(1) === undefined; opened += 1) {
      const id = scene.victim.request('/', true)
      scene.heard()
      scene.victim.mux.reset(id, RESET.CANCEL, 1)
      scene.say({ ...reset(id), flags: ['ACK'] })
    }
    expect(scene.victim.mux.refusal(1)).toBe('too-many-cancels')
    expect(opened).toBe(LIMITS.cancelledOpens)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  const ping: FrameText = { type: 'PING', flags: [], stream: 0, id: 5 }
  it.each(roles)(
    'PINGs that are never answered because the peer never reads, to the %s',
    (role) => {
      const scene = new Scene(role)
      let sent = 0
      const flood = () => {
        for (; sent < 100_000; sent += 100) scene.say(...repeat(ping, 100))
      }
      expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
      expect(sent).toBeLessThanOrEqual(LIMITS.controlFrames)
    },
  )

  it.each(roles)('PINGs from a peer that reads are answered, one each, to the %s', (role) => {
    const scene = new Scene(role)
    scene.say(...repeat(ping, 5000))
    expect(scene.heard()).toHaveLength(5000)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(roles)('one message of nothing but answers to provoke, to the %s', (role) => {
    const scene = new Scene(role)
    const most = Math.floor(LIMITS.messageBytes / 20)
    expect(codeOf(() => scene.say(...repeat(ping, most)))).toBe('ENHANCE_YOUR_CALM')
  })

  it.each(roles)('DATA on unknown streams from a peer that never reads, to the %s', (role) => {
    const scene = new Scene(role)
    const flood = () => {
      for (let id = 100; id < 100_000; id += 1) scene.say(data(id, 'x'))
    }
    expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
  })

  it('a daemon that sends policies and reads no answers ends its own connection', () => {
    const scene = new Scene('opener')
    const flood = () => {
      for (let version = 1; version < 100_000; version += 1) {
        scene.raw(FRAME.POLICY, 0, policyBytes(version))
        scene.victim.mux.ackPolicy(version)
      }
    }
    expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
  })

  it.each([
    ['never sent', 9],
    ['of an older one, which was overtaken', 7],
    ['larger than any number', 2 ** 63],
  ])('an acknowledgement of a version %s is ignored', (_name, version) => {
    const scene = new Scene('acceptor')
    const ack = (of: number) => scene.say({ type: 'POLICY_ACK', flags: [], stream: 0, version: of })
    ack(version)
    scene.victim.mux.sendPolicy(policyBytes(7))
    scene.victim.mux.sendPolicy(policyBytes(8))
    ack(version)
    expect(scene.victim.acked).toEqual([])
    ack(8)
    expect(scene.victim.acked).toEqual([8])
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it('a peer that never answers our PINGs costs one each stream', () => {
    const scene = new Scene('opener')
    let pings = 0
    for (let count = 0; count < 200; count += 1) {
      const id = scene.victim.request()
      scene.heard()
      scene.say(head(id))
      for (let part = 0; part < 8; part += 1) {
        scene.say(data(id, new Uint8Array(32 * KIB), part === 7))
        pings += scene.heard().filter(({ type }) => type === 'PING').length
      }
    }
    expect(pings).toBe(200)
    expect(scene.victim.mux.openStreams).toBe(2)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(roles)(
    'a peer that grants nothing: what waits is bounded by what writers are told, to the %s',
    (role) => {
      const scene = new Scene(role)
      if (role === 'acceptor') scene.victim.respond(TARGET, '', false)
      let waiting = 0
      while (scene.victim.mux.write(TARGET, new Uint8Array(16 * KIB))) {
        waiting += 1
        scene.heard()
      }
      const window = role === 'acceptor' ? 256 * KIB : LIMITS.streamWindowMin
      expect(waiting * 16 * KIB).toBeLessThan(window + LIMITS.sendQueueBytes)
      expect(scene.victim.mux.queued(TARGET)).toBeLessThanOrEqual(LIMITS.sendQueueBytes)
      scene.say(credit(TARGET, 2 ** 30))
      expect(scene.bystander()).toEqual(WHOLE)
    },
  )
})

function codeOf(act: () => void): string {
  try {
    act()
  } catch (error) {
    if (error instanceof ConnectionError) return resetName(error.code)
    throw error
  }
  return 'nothing'
}

/** Fills the target's window, then sends one byte more. */
function flood(scene: Scene, first: FrameText[]): void {
  scene.say(...first)
  const window = LIMITS.streamWindow
  for (let sent = 0; sent < window; sent += 64 * KIB) {
    scene.say(data(TARGET, new Uint8Array(64 * KIB)))
  }
  expect(scene.victim.seen(TARGET)).toMatchObject({ bytes: window, reset: undefined })
  scene.say(data(TARGET, 'x'))
}
