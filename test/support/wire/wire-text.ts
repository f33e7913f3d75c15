import { decodeEdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import {
  decodeFrames,
  encodeFrame,
  FLAG,
  FRAME,
  type Frame,
} from '../../../protocol/tunnel/frame.ts'
import {
  encodeGoAway,
  encodeReset,
  readCredit,
  encodeMembership,
  readGoAway,
  readGroup,
  readMembership,
  readPing,
  readPolicyAck,
  readReset,
} from '../../../protocol/tunnel/frame-payload.ts'
import {
  decodeRequestHead,
  decodeResponseHead,
  encodeHeadText,
} from '../../../protocol/tunnel/heads.ts'
import { decodeHello } from '../../../protocol/tunnel/hello.ts'
import { RESET, resetName } from '../../../protocol/tunnel/reset-code.ts'
import { readUint32, uint64, writeUint32 } from '../../../protocol/encoding/wire-integers.ts'

/** A frame as `vectors/frames.json` writes it. */
export interface FrameText {
  readonly type: keyof typeof FRAME
  readonly flags: readonly (keyof typeof FLAG)[]
  readonly stream: number
  readonly json?: unknown
  readonly window?: number
  readonly body?: string
  readonly code?: keyof typeof RESET
  readonly total?: number
  readonly id?: number
  readonly last_stream?: number
  readonly reason?: string
  readonly version?: number
  readonly group?: number
  readonly member?: number
}

/** A message as its frames in words. */
export function readWire(message: Uint8Array): FrameText[] {
  return decodeFrames(message).map((frame) => ({
    type: keyOf(FRAME, frame.type),
    flags: (Object.keys(FLAG) as (keyof typeof FLAG)[]).filter(
      (name) => (frame.flags & FLAG[name]) !== 0,
    ),
    stream: frame.stream,
    ...readPayload(frame),
  }))
}

/** The message that these frames make. */
export function writeWire(frames: readonly FrameText[]): Uint8Array {
  return Buffer.concat(
    frames.map((text) => {
      const flags = text.flags.reduce((all, name) => all | FLAG[name], 0)
      const { stream } = text
      return encodeFrame({ type: FRAME[text.type], flags, stream, payload: writePayload(text) })
    }),
  )
}

export function unhex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function readPayload({ type, payload }: Frame): Partial<FrameText> {
  switch (type) {
    case FRAME.HELLO:
      return { json: decodeHello(payload) }
    case FRAME.OPEN:
      return { window: readUint32(payload, 0), json: decodeRequestHead(payload.subarray(4)) }
    case FRAME.HEAD: {
      const at = 4 + readUint32(payload, 0)
      return { json: decodeResponseHead(payload.subarray(4, at)), body: hex(payload.subarray(at)) }
    }
    case FRAME.DATA:
      return { body: hex(payload) }
    case FRAME.RESET:
      return { code: resetName(readReset(payload)) as keyof typeof RESET }
    case FRAME.CREDIT:
      return { total: readCredit(payload) }
    case FRAME.PING:
      return { id: readPing(payload) }
    case FRAME.GO_AWAY: {
      const { lastStream, code, reason } = readGoAway(payload)
      return { last_stream: lastStream, code: resetName(code) as keyof typeof RESET, reason }
    }
    case FRAME.POLICY:
      return { json: decodeEdgePolicy(payload) }
    case FRAME.POLICY_ACK:
      return { version: readPolicyAck(payload) }
    case FRAME.JOIN:
      return readMembership(payload)
    case FRAME.GROUP:
      return { group: readGroup(payload), body: hex(payload.subarray(4)) }
    case FRAME.LEAVE:
      return { ...readMembership(payload), body: hex(payload.subarray(8)) }
    case FRAME.RIVAL:
      return {}
  }
}

function writePayload(text: FrameText): Uint8Array {
  const json = () => encodeHeadText(JSON.stringify(text.json))
  const body = unhex(text.body ?? '')
  switch (text.type) {
    case 'HELLO':
    case 'POLICY':
      return json()
    case 'OPEN':
      return prefixed(text.window ?? 0, json())
    case 'HEAD':
      return prefixed(json().length, json(), body)
    case 'DATA':
    case 'RIVAL':
      return body
    case 'RESET':
      return encodeReset(RESET[text.code ?? 'NO_ERROR'])
    case 'CREDIT':
      return uint64(text.total ?? 0)
    case 'PING':
      return uint64(text.id ?? 0)
    case 'POLICY_ACK':
      return uint64(text.version ?? 0)
    case 'JOIN':
    case 'LEAVE':
      return Buffer.concat([membership(text), body])
    case 'GROUP':
      return Buffer.concat([membership(text).subarray(0, 4), body])
    case 'GO_AWAY':
      return encodeGoAway({
        lastStream: text.last_stream ?? 0,
        code: RESET[text.code ?? 'NO_ERROR'],
        reason: text.reason ?? '',
      })
  }
}

function membership({ group = 0, member = 0 }: FrameText): Uint8Array {
  return encodeMembership({ group, member })
}

function prefixed(prefix: number, ...parts: Uint8Array[]): Uint8Array {
  const number = new Uint8Array(4)
  writeUint32(number, 0, prefix)
  return Buffer.concat([number, ...parts])
}

function keyOf<Names extends Record<string, number>>(names: Names, value: number): keyof Names {
  const found = Object.keys(names).find((name) => names[name] === value)
  if (found === undefined) throw new Error(`no name for ${value}`)
  return found
}
