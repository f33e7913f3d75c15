import { encodeFrame, type FrameType } from '../../../protocol/tunnel/frame.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { ConnectionError, type Role } from '../../../protocol/multiplexer/multiplexer.ts'
import { resetName } from '../../../protocol/tunnel/reset-code.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { MuxEnd, requestHead } from '../../support/wire/mux-end.ts'
import { hex, readWire, writeWire, type FrameText } from '../../support/wire/wire-text.ts'

/** The stream that must not be harmed, and the one that is attacked. Both are open, uploads and all. */
export const BYSTANDER = 1
export const TARGET = 2

export const HELLO: FrameText = {
  type: 'HELLO',
  flags: [],
  stream: 0,
  json: { version: PROTOCOL_VERSION, agent: 'evil/1' },
}

/** How the bystander's exchange looks when it is whole, on either side. */
export const WHOLE = { got: true, ended: true, reset: undefined, closed: true, last: ['END'] }

/** One real side, and a peer that is a script. */
export class HostileScene {
  readonly victim: MuxEnd
  readonly role: Role

  constructor(role: Role, consume = true) {
    this.role = role
    this.victim = new MuxEnd(role, { consume })
    this.say(HELLO)
    if (role === 'acceptor') this.say(open(BYSTANDER), open(TARGET))
    else for (const target of ['/bystander', '/target']) this.victim.request(target, false)
    this.heard()
  }

  /** The script's frames, in one message. */
  say(...frames: readonly FrameText[]): void {
    if (frames.length > 0) this.victim.receive(writeWire(frames))
  }

  raw(type: FrameType, stream: number, payload: Uint8Array): void {
    this.victim.receive(encodeFrame({ type, flags: 0, stream, payload }))
  }

  /** Everything that the victim sends now. */
  heard(): FrameText[] {
    return this.victim.take().flatMap((message) => readWire(message))
  }

  /** Stream and code of the RESETs in it. */
  resets(): (string | number | undefined)[][] {
    return this.heard()
      .filter(({ type, flags }) => type === 'RESET' && !flags.includes('ACK'))
      .map(({ stream, code }) => [stream, code])
  }

  /** The bystander's exchange, to its end: must equal `WHOLE`. */
  bystander(): typeof WHOLE | object {
    const { victim, role } = this
    if (role === 'acceptor') {
      this.say(data(BYSTANDER, 'question', true))
      victim.respond(BYSTANDER, 'answer')
    } else {
      this.say(head(BYSTANDER), data(BYSTANDER, 'answer', true))
      victim.mux.write(BYSTANDER, new TextEncoder().encode('question'))
      victim.mux.end(BYSTANDER)
    }
    const sent = this.heard().filter(
      ({ type, stream }) => stream === BYSTANDER && type !== 'CREDIT',
    )
    victim.mux.consumed(BYSTANDER, LIMITS.streamWindow)
    const { ended, reset, closed } = victim.seen(BYSTANDER)
    const said = role === 'acceptor' ? 'question' : 'answer'
    const got = Buffer.from(victim.body(BYSTANDER)).toString() === said
    return { got, ended, reset, closed, last: sent.at(-1)?.flags }
  }
}

export function open(stream: number, more: Partial<FrameText> = {}): FrameText {
  const window = LIMITS.streamWindow
  return { type: 'OPEN', flags: [], stream, window, json: requestHead('/'), ...more }
}

export function head(stream: number, more: Partial<FrameText> = {}): FrameText {
  const json = { status: 200, headers: [] }
  return { type: 'HEAD', flags: [], stream, json, body: '', ...more }
}

export function data(stream: number, body: string | Uint8Array, end = false): FrameText {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return { type: 'DATA', flags: end ? ['END'] : [], stream, body: hex(bytes) }
}

export function reset(stream: number, code: FrameText['code'] = 'CANCEL'): FrameText {
  return { type: 'RESET', flags: [], stream, code: code as NonNullable<typeof code> }
}

export function credit(stream: number, total: number): FrameText {
  return { type: 'CREDIT', flags: [], stream, total }
}

export function repeat(frame: FrameText, times: number): FrameText[] {
  return Array.from({ length: times }, () => frame)
}

/** The two sides that a hostile peer can attack. */
export const ROLES: readonly Role[] = ['opener', 'acceptor']

/** The code with which the connection ended, in words; `nothing` where it goes on. */
export function codeOf(act: () => void): string {
  try {
    act()
  } catch (error) {
    if (error instanceof ConnectionError) return resetName(error.code)
    throw error
  }
  return 'nothing'
}
