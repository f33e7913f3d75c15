import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../protocol/tunnel/frame.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { type Role } from '../../../protocol/multiplexer/multiplexer.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { writeUint32 } from '../../../protocol/encoding/wire-integers.ts'
import {
  data,
  head,
  HostileScene as Scene,
  open,
  reset,
  TARGET,
  WHOLE,
  ROLES,
} from './hostile-scene.ts'
import { requestHead } from '../../support/wire/mux-end.ts'
import { hex, unhex, type FrameText } from '../../support/wire/wire-text.ts'

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

describe('costs one stream, with a code, and affects no other', () => {
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
    ...ROLES.flatMap((role): Fault[] => [
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
    for (const side of role === undefined ? ROLES : [role]) {
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
