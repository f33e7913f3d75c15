import { describe, expect, it } from 'vitest'
import { formatCursor, parseCursor } from '../../../local-daemon/store/cursor.ts'

const epoch = '0123456789abcdef'
/** The record at 7 is called 00…07. */
const idStartAt = (seq: number) => seq.toString(16).padStart(2, '0').repeat(32)
const at = { epoch, head: 41, idStartAt }
const check = (seq: number) => idStartAt(seq).slice(0, 12)

describe('a cursor', () => {
  it.each([0, 1, 41])('at %i comes back as it was given', (seq) => {
    expect(parseCursor(formatCursor(epoch, seq, idStartAt(seq)), at)).toBe(seq)
  })

  it.each([
    ['', 'INVALID_CURSOR'],
    [epoch, 'INVALID_CURSOR'],
    [`${epoch}:`, 'INVALID_CURSOR'],
    [`${epoch}:1`, 'INVALID_CURSOR'],
    [`${epoch}:1:`, 'INVALID_CURSOR'],
    [`${epoch}:1:${check(1)}0`, 'INVALID_CURSOR'],
    [`${epoch}:1:${check(1).slice(1)}`, 'INVALID_CURSOR'],
    [`${epoch}:+1:${check(1)}`, 'INVALID_CURSOR'],
    [`${epoch}:1 :${check(1)}`, 'INVALID_CURSOR'],
    [`${epoch}:1:${check(1)} `, 'INVALID_CURSOR'],
    [`${epoch}:1:${check(1)}\n`, 'INVALID_CURSOR'],
    [`${epoch}:00:${check(0)}`, 'INVALID_CURSOR'],
    [`${epoch}:1.0:${check(1)}`, 'INVALID_CURSOR'],
    [`${epoch}:9999999999999999:${check(1)}`, 'INVALID_CURSOR'],
    [`${epoch}:99999999999999999:${check(1)}`, 'INVALID_CURSOR'],
    [`${epoch.toUpperCase()}:1:${check(1)}`, 'INVALID_CURSOR'],
    [`${epoch}0:1:${check(1)}`, 'INVALID_CURSOR'],
    [`fedcba9876543210:1:${check(1)}`, 'CURSOR_EPOCH_CHANGED'],
    [`fedcba9876543210:99:${check(99)}`, 'CURSOR_EPOCH_CHANGED'],
    [`${epoch}:7:${check(8)}`, 'CURSOR_EPOCH_CHANGED'],
    [`${epoch}:0:${check(1)}`, 'CURSOR_EPOCH_CHANGED'],
    [`${epoch}:42:${check(42)}`, 'CURSOR_FUTURE'],
    [`${epoch}:9007199254740991:${check(1)}`, 'CURSOR_FUTURE'],
  ])('%j is refused with %s', (text, code) => {
    expect(() => parseCursor(text, at)).toThrow(expect.objectContaining({ code }))
  })
})
