import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeFrames,
  encodeFrame,
  FLAG,
  FRAME,
  FrameError,
} from '../../../protocol/tunnel/frame.ts'
import { ConnectionError } from '../../../protocol/multiplexer/multiplexer.ts'
import { connected } from '../../support/wire/mux-end.ts'
import { hex, readWire, unhex, writeWire, type FrameText } from '../../support/wire/wire-text.ts'

interface FrameVectors {
  readonly valid: readonly { name: string; hex: string; frames: readonly FrameText[] }[]
  readonly invalid: readonly { name: string; hex: string; error: string }[]
  readonly payloads: readonly { name: string; hex: string; error: string }[]
}

const file = new URL('../../../protocol/vectors/frames.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as FrameVectors

describe('the wire, both directions', () => {
  it.each(vectors.valid)('$name', ({ hex: wire, frames }) => {
    expect(readWire(unhex(wire))).toEqual(frames)
    expect(hex(writeWire(frames))).toBe(wire)
  })
})

describe('what is no message', () => {
  it.each(vectors.invalid)('$name', ({ hex: wire, error }) => {
    expect(() => decodeFrames(unhex(wire))).toThrow(FrameError)
    expect(() => decodeFrames(unhex(wire))).toThrow(error)
  })

  it.each(vectors.payloads)('a payload that ends the connection: $name', ({ hex: wire, error }) => {
    for (const side of ['gateway', 'daemon'] as const) {
      const end = connected()[side]
      expect(() => end.receive(unhex(wire))).toThrow(ConnectionError)
      const again = connected()[side]
      expect(() => again.receive(unhex(wire))).toThrow(error)
    }
  })
})

describe('the codec', () => {
  const frame = fc
    .record({
      length: fc.nat(200),
      stream: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      end: fc.boolean(),
    })
    .map(({ length, stream, end }) => ({
      type: FRAME.DATA,
      flags: end ? FLAG.END : 0,
      stream,
      payload: new Uint8Array(length).fill(stream),
    }))

  it('reads what it writes, any number of frames to a message', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), (frames) => {
        expect(decodeFrames(Buffer.concat(frames.map(encodeFrame)))).toEqual(
          // A Buffer in, Buffer views out: equal bytes are what counts.
          frames.map((one) => ({ ...one, payload: Buffer.from(one.payload) })),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('answers any bytes with frames or with FrameError, nothing else', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 60 })
    const nearly = fc
      .tuple(frame, bytes)
      .map(([one, tail]) => Buffer.concat([encodeFrame(one), tail]))
    fc.assert(
      fc.property(fc.oneof(bytes, nearly), (message) => {
        expect([message.length, 'FrameError']).toContain(sizeOrError(message))
      }),
      { numRuns: 2000 },
    )
  })

  it('hands out views, so that a large body is not copied', () => {
    const message = encodeFrame({
      type: FRAME.DATA,
      flags: 0,
      stream: 1,
      payload: new Uint8Array(9),
    })
    expect(decodeFrames(message)[0]?.payload.buffer).toBe(message.buffer)
  })
})

/** Bytes of all frames with their headers, or the name of what was thrown. */
function sizeOrError(message: Uint8Array): number | string {
  try {
    return decodeFrames(message).reduce((sum, one) => sum + 12 + one.payload.length, 0)
  } catch (error) {
    return error instanceof Error ? error.name : 'nothing'
  }
}
