import { describe, expect, it } from 'vitest'
import { encodeFrame, FRAME } from '../../../protocol/tunnel/frame.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { type Role } from '../../../protocol/multiplexer/multiplexer.ts'
import { RESET, resetName } from '../../../protocol/tunnel/reset-code.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
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
  codeOf,
  ROLES,
} from './hostile-scene.ts'
import { MuxEnd, pattern, policyBytes } from '../../support/wire/mux-end.ts'
import { unhex, writeWire, type FrameText } from '../../support/wire/wire-text.ts'

const KIB = 1024

const wire =
  (...frames: FrameText[]) =>
  () =>
    writeWire(frames)

const policy = (payload: Uint8Array) => () =>
  encodeFrame({ type: FRAME.POLICY, flags: 0, stream: 0, payload })

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
    for (const side of role === undefined ? ROLES : [role]) {
      it(`${name}, to the ${side}`, () => {
        const scene = new Scene(side)
        expect(codeOf(() => scene.victim.receive(message(scene)))).toBe(resetName(code as 3))
        expect(scene.victim.seen(BYSTANDER).reset).toBe(RESET.CONNECTION_LOST)
        expect(scene.victim.mux).toMatchObject({ openStreams: 0, promised: 0, quiet: true })
        expect(scene.victim.mux.next()).toBeUndefined()
      })
    }
  }

  it.each(ROLES)('anything before HELLO, to the %s', (role) => {
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
  ])('an invalid HELLO: %s', (_name, json) => {
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

describe('changes nothing', () => {
  it.each(ROLES)('credit that goes backwards, or is for no stream, to the %s', (role) => {
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

  it.each(ROLES)('an enormous credit: only that stream runs ahead, to the %s', (role) => {
    const scene = new Scene(role)
    scene.say(credit(TARGET, Number.MAX_SAFE_INTEGER))
    if (role === 'acceptor') scene.victim.respond(TARGET, '', false)
    scene.victim.mux.write(TARGET, new Uint8Array(300 * KIB))
    expect(scene.heard().filter(({ type }) => type === 'DATA').length).toBeGreaterThan(4)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(ROLES)('frames of streams that are over, answered by nothing, to the %s', (role) => {
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

  it.each(ROLES)('confirmations without a request, to the %s', (role) => {
    const scene = new Scene(role)
    scene.say({ ...reset(BYSTANDER), flags: ['ACK'] }, { ...reset(500), flags: ['ACK'] })
    expect(scene.heard()).toEqual([])
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it('two sides that answer each other about unknown streams come to an end', () => {
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

  it.each(ROLES)('answers to a PING that was not sent, to the %s', (role) => {
    const scene = new Scene(role)
    for (let id = 0; id < 100; id += 1) scene.say({ type: 'PING', flags: ['ACK'], stream: 0, id })
    expect(scene.victim.mux.roundTripMs).toBeUndefined()
    expect(scene.bystander()).toEqual(WHOLE)
  })
})
