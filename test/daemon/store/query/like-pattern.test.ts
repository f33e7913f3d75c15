import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldText } from '../../../../local-daemon/store/query/fold-text.ts'
import { matchesLike, parseLike } from '../../../../local-daemon/store/query/like-pattern.ts'

function matches(pattern: string, text: string): boolean | undefined {
  const parts = parseLike(pattern)
  return parts && matchesLike(parts, text)
}

/** The same as a regular expression, which tries every way. */
function expected(pattern: string): RegExp {
  const source = [...pattern.matchAll(/\\(.)|(.)/gsu)].map(([, escaped, plain]) => {
    if (plain === '%') return '.*'
    return plain === '_' ? '.' : `\\u{${(escaped ?? plain ?? '').codePointAt(0)?.toString(16)}}`
  })
  return new RegExp(`^${source.join('')}$`, 'su')
}

describe('a pattern of $like', () => {
  it('matches what the same regular expression matches', () => {
    const units = ['a', 'b', '😀', '\u{1f601}', '\n']
    const pattern = fc.array(fc.constantFrom('%', '_', '\\%', '\\_', '\\\\', ...units), {
      maxLength: 7,
    })
    const text = fc.array(fc.constantFrom('%', '_', '\\', ...units), { maxLength: 8 })
    fc.assert(
      fc.property(pattern, text, (parts, units) => {
        const [given, of] = [parts.join(''), units.join('')]
        expect(matches(given, of)).toBe(expected(given).test(of))
      }),
      { numRuns: 20_000 },
    )
  })

  it.each(['\\', 'a\\', '\\a', '%\\'])('is refused when a \\ escapes nothing: %s', (pattern) => {
    expect(matches(pattern, 'a')).toBeUndefined()
  })

  it('takes no longer for a pattern that other matchers need ages for', () => {
    const began = performance.now()
    expect(matches('%a'.repeat(120) + '%b', 'a'.repeat(200_000))).toBe(false)
    expect(matches('%a_'.repeat(80) + '%b', 'a'.repeat(20_000))).toBe(false)
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('text without letter case', () => {
  it.each([
    ['STRASSE', 'straße'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδοσ', 'οδος'],
    ['e\u0301', 'É'],
    ['ﬁn', 'FIN'],
    ['ПРИВЕТ', 'привет'],
  ])('%s is %s', (one, other) => {
    expect(foldText(one)).toBe(foldText(other))
  })

  it('keeps accents apart', () => {
    expect(foldText('e')).not.toBe(foldText('é'))
  })
})
