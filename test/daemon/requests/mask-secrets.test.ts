import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loggable, loggablePath } from '../../../local-daemon/requests/mask-secrets.ts'

const SECRET = 'spl_prod_sa_4046zbet30jfacc9_hzhxQptM'

describe('a path in the log', () => {
  test.each([
    ['/v1/records', '/v1/records'],
    ['/v1/records/0ffae800', '/v1/records/0ffae800'],
    ['/v1/threads/th%20tea/records', '/v1/threads/th%20tea/records'],
    ['/display_it', '/display_it'],
    ['*', '*'],
    ['', ''],
  ])('%s stays as it is', (target, shown) => {
    expect(loggablePath(target, 512)).toBe(shown)
  })

  test.each([
    ['/v1/sync/subscribe?ticket=spt_XrpM4ANB', '/v1/sync/subscribe'],
    ['/a?b?ticket=spt_x', '/a'],
    ['/a#spl_x', '/a'],
    [`/v1/tokens/${SECRET}`, '/v1/tokens/[secret]'],
    [`/v1/tokens/${SECRET.toUpperCase()}`, '/v1/tokens/[secret]'],
    [`/v1/tokens/Bearer%20${SECRET}/x`, '/v1/tokens/[secret]/x'],
    ['/v1/invites/spi_BhDBkymr', '/v1/invites/[secret]'],
    ['/t/spt_XrpM4ANB;a=b', '/t/[secret]'],
    ['/t/spr_XrpM4ANB', '/t/[secret]'],
    ['/t/spg_XrpM4ANB', '/t/[secret]'],
    ['/t/%73pl_prod_x', '/t/[secret]'],
    ['/t/spl%5Fprod_x', '/t/[secret]'],
    ['/t/%2573pl%255fprod_x', '/t/[secret]'],
    ['/t/a%2Fspl_prod_x', '/t/[secret]'],
    ['/t/%zz%73pl_prod_x', '/t/[secret]'],
    ['/t/%F0%73pl_prod_x', '/t/[secret]'],
  ])('%s has neither query nor secret', (target, shown) => {
    expect(loggablePath(target, 512)).toBe(shown)
  })

  test('a secret at the place where it is cut is not shown in part', () => {
    const path = `/${'a'.repeat(500)}/${SECRET}`
    expect(loggablePath(path, 510)).not.toContain('spl_')
  })

  test('is cut, and says so', () => {
    const shown = loggablePath(`/${'a'.repeat(16_000)}`, 512)
    expect(shown).toBe(`/${'a'.repeat(511)}…`)
  })
})

describe('any choice of a client', () => {
  test.each([
    ['escape', 'a\u001B[2Jb'],
    ['line feed', 'a\nb'],
    ['carriage return', 'a\rb'],
    ['a C1 control', 'a\u009Bb'],
    ['a direction override', 'a\u202Eb'],
    ['a line separator', 'a\u2028b'],
    ['a space', 'a b'],
    ['half a pair', 'a\uD800b'],
  ])('%s becomes U+FFFD', (_name, text) => {
    expect(loggable(text, 512)).toMatch(/^a\uFFFD+(?:\[2J)?b$/)
  })

  test('is visible ASCII, U+FFFD and the mark of a cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(loggable(text, 60)).toMatch(/^[!-~\uFFFD]{0,60}…?$/)
        expect(loggablePath(text, 60)).toMatch(/^[!-~\uFFFD]{0,60}…?$/)
      }),
    )
  })
})
