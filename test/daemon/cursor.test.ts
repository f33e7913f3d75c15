import { describe, expect, it } from 'vitest'
import { formatCursor, parseCursor } from '../../local-daemon/store/cursor.ts'

const epoch = '0123456789abcdef'
const at = { epoch, head: 41 }

describe('a cursor', () => {
  it.each([0, 1, 41])('at %i comes back as it was given', (seq) => {
    expect(parseCursor(formatCursor(epoch, seq), at)).toBe(seq)
  })

  it.each([
    ['', 'INVALID_CURSOR'],
    [epoch, 'INVALID_CURSOR'],
    [`${epoch}:`, 'INVALID_CURSOR'],
    [`${epoch}:+1`, 'INVALID_CURSOR'],
    [`${epoch}:1 `, 'INVALID_CURSOR'],
    [`${epoch}:1\n`, 'INVALID_CURSOR'],
    [`${epoch}:00`, 'INVALID_CURSOR'],
    [`${epoch}:1.0`, 'INVALID_CURSOR'],
    [`${epoch}:9999999999999999`, 'INVALID_CURSOR'],
    [`${epoch}:99999999999999999`, 'INVALID_CURSOR'],
    [`${epoch.toUpperCase()}:1`, 'INVALID_CURSOR'],
    [`${epoch}0:1`, 'INVALID_CURSOR'],
    [`fedcba9876543210:1`, 'CURSOR_EPOCH_CHANGED'],
    [`fedcba9876543210:99`, 'CURSOR_EPOCH_CHANGED'],
    [`${epoch}:42`, 'CURSOR_FUTURE'],
    [`${epoch}:9007199254740991`, 'CURSOR_FUTURE'],
  ])('%j is refused with %s', (text, code) => {
    expect(() => parseCursor(text, at)).toThrow(expect.objectContaining({ code }))
  })
})
