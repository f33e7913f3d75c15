import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeRecord,
  WebSocketRecordError,
  WebSocketRecordReader,
  type WebSocketRecord,
} from '../../../protocol/tunnel/websocket-record.ts'
import { hex, unhex } from '../../support/wire/wire-text.ts'

const MAX = 1024

function read(...chunks: Uint8Array[]): WebSocketRecord[] {
  const reader = new WebSocketRecordReader(MAX)
  return chunks.flatMap((chunk) => reader.push(chunk))
}

describe('records, both directions', () => {
  it.each<[string, WebSocketRecord]>([
    ['010000000568656c6c6f', { kind: 'text', text: 'hello' }],
    ['0100000000', { kind: 'text', text: '' }],
    ['0100000003e282ac', { kind: 'text', text: '€' }],
    ['0100000003efbbbf', { kind: 'text', text: '\ufeff' }],
    ['020000000300ff10', { kind: 'binary', bytes: Uint8Array.of(0, 255, 16) }],
    ['0200000000', { kind: 'binary', bytes: new Uint8Array(0) }],
    ['080000000203e8', { kind: 'close', code: 1000, reason: '' }],
    ['08000000060fa1676f6e65', { kind: 'close', code: 4001, reason: 'gone' }],
    ['0800000000', { kind: 'close', code: 1005, reason: '' }],
  ])('%s', (wire, record) => {
    expect(hex(encodeRecord(record))).toBe(wire)
    expect(read(unhex(wire))).toEqual([record])
  })

  it('come out whole and in order, in whatever pieces the bytes arrive', () => {
    const record = fc.oneof(
      fc
        .string({ unit: 'grapheme', maxLength: 60 })
        .map((text) => ({ kind: 'text' as const, text })),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => ({ kind: 'binary' as const, bytes })),
    )
    const cuts = fc.array(fc.integer({ min: 1, max: 90 }))
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), cuts, (records, sizes) => {
        const wire = new Uint8Array(Buffer.concat(records.map(encodeRecord)))
        const reader = new WebSocketRecordReader(MAX)
        const got: WebSocketRecord[] = []
        let at = 0
        for (const size of [...sizes, wire.length]) {
          got.push(...reader.push(wire.subarray(at, at + size)))
          at += size
        }
        expect(got).toEqual(records)
      }),
      { numRuns: 300 },
    )
  })

  it('byte by byte, a megabyte costs only its bytes', () => {
    const wire = encodeRecord({ kind: 'binary', bytes: new Uint8Array(1024 * 1024).fill(7) })
    const reader = new WebSocketRecordReader(1024 * 1024)
    let got: WebSocketRecord[] = []
    for (let at = 0; at < wire.length; at += 1) got = reader.push(wire.subarray(at, at + 1))
    expect(got).toMatchObject([{ kind: 'binary' }])
  })

  it('keeps what it handed out when the next record comes', () => {
    const reader = new WebSocketRecordReader(MAX)
    const first = encodeRecord({ kind: 'binary', bytes: Uint8Array.of(1, 2, 3) })
    reader.push(first.subarray(0, 6))
    const [record] = reader.push(first.subarray(6))
    const second = encodeRecord({ kind: 'binary', bytes: Uint8Array.of(9, 9, 9) })
    reader.push(second.subarray(0, 7))
    expect(record).toEqual({ kind: 'binary', bytes: Uint8Array.of(1, 2, 3) })
  })
})

describe('what no WebSocket sends', () => {
  it.each([
    ['opcode 0', '0000000000'],
    ['a continuation', '0000000001'],
    ['a ping', '0900000000'],
    ['an opcode with the FIN bit', '8100000000'],
    ['an unknown opcode before the rest of its header', 'ff'],
    ['a payload over the limit, before it comes', '0200000401'],
    ['a length of 2^32-1', '02ffffffff'],
    ['text that is not UTF-8', '0100000002c328'],
    ['half a character', '0100000001c3'],
    ['a close of one byte', '080000000103'],
    ['a close with code 0', '08000000020000'],
    ['a close with code 999', '080000000203e7'],
    ['a close with code 1005', '080000000203ed'],
    ['a close with code 1006', '080000000203ee'],
    ['a close with code 1015', '080000000203f7'],
    ['a close with code 5000', '08000000021388'],
    ['a close longer than a control frame', `080000007e03e8${'61'.repeat(124)}`],
    ['a message after the close', '080000000203e80100000000'],
  ])('%s', (_name, wire) => {
    expect(() => read(unhex(wire))).toThrow(WebSocketRecordError)
  })

  it.each([1004, 1006, 1015, 0, 999, 5000, 65_536, 1000.5])('is not written: close %d', (code) => {
    expect(() => encodeRecord({ kind: 'close', code, reason: '' })).toThrow(WebSocketRecordError)
  })

  it('cuts a long reason between characters', () => {
    for (const reason of [
      'a'.repeat(200),
      'é'.repeat(100),
      '€'.repeat(100),
      '😀'.repeat(50),
      `a${'😀'.repeat(50)}`,
    ]) {
      const [record] = read(encodeRecord({ kind: 'close', code: 1000, reason }))
      const got = record?.kind === 'close' ? record.reason : undefined
      expect(got).not.toBeUndefined()
      expect(reason.startsWith(got ?? 'x')).toBe(true)
      expect(Buffer.byteLength(got ?? '')).toBeGreaterThan(119)
      expect(Buffer.byteLength(got ?? '')).toBeLessThanOrEqual(123)
    }
  })
})
