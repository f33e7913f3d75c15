import { describe, expect, test } from 'vitest'
import { checkText } from '../../../local-daemon/cli/doctor/check-text.ts'
import { hanging, wrapStep, wrapText } from '../../../local-daemon/cli/output/wrap-text.ts'
import { plain } from '../../support/cli/plain.ts'

describe('text on a narrow terminal', () => {
  test.each([
    ['fits', 20, ['fits']],
    ['one two three', 7, ['one two', 'three']],
    ['a did:key:z6MkVeryLongAndWhole b', 8, ['a', 'did:key:z6MkVeryLongAndWhole', 'b']],
    ['', 5, ['']],
  ])('%j in %i columns', (text, columns, lines) => {
    expect(wrapText(text, columns)).toEqual(lines)
  })

  test('a command in a next step stays in one piece', () => {
    expect(wrapStep('spl gateway status shows it; spl logs -f shows each try', 30)).toEqual([
      'spl gateway status shows it;',
      'spl logs -f shows each try',
    ])
    expect(wrapStep('make room on the disk of the store', 20)).toEqual([
      'make room on the',
      'disk of the store',
    ])
  })

  test('all lines but the first are moved to the right', () => {
    expect(hanging(['a', 'b', 'c'], 2)).toBe('a\n  b\n  c')
  })

  test('a check of spl doctor goes on under its own message', () => {
    const check = {
      name: 'strict',
      status: 'warn',
      message: 'behind a gateway an admin may still act as anyone, on every route there is',
      fix: 'spl config set strict_actor_header true && spl config set strict_impersonation_enforcement true',
    } as const
    const text = plain(checkText(check, 80))
    expect(text).toBe(
      [
        'warn  strict            behind a gateway an admin may still act as anyone, on',
        '                        every route there is',
        '      try: spl config set strict_actor_header true &&',
        '           spl config set strict_impersonation_enforcement true',
        '',
      ].join('\n'),
    )
    expect(plain(checkText(check, Number.POSITIVE_INFINITY)).split('\n')).toHaveLength(3)
  })
})
