import { describe, expect, it } from 'vitest'
import { cutText } from '../../../protocol/encoding/cut-text.ts'

const FAMILY = '👩‍👩‍👧‍👦'

describe('a text that is cut', () => {
  it.each([
    ['tea', 3, 'tea'],
    ['teapot', 3, 'tea'],
    ['te🍵', 3, 'te'],
    ['te🍵', 4, 'te🍵'],
    ['tee\u0301s', 3, 'te'],
    ['🇫🇷🇩🇪', 6, '🇫🇷'],
    [`a${FAMILY}b`, 5, 'a'],
    [`a${FAMILY}b`, 1 + FAMILY.length, `a${FAMILY}`],
    // One character that is longer than all that may stay.
    [`e${'\u0301'.repeat(500)}`, 10, `e${'\u0301'.repeat(9)}`],
    [FAMILY, 1, ''],
    [FAMILY, 4, '👩\u200d'],
    ['', 0, ''],
  ])('%j after %i units is %j', (text, most, cut) => {
    expect(cutText(text, most)).toBe(cut)
    expect(cut.isWellFormed()).toBe(true)
  })
})
