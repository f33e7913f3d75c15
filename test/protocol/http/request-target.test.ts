import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { LIMITS } from '../../../protocol/limits.ts'
import { checkTarget } from '../../../protocol/http/request-target.ts'

/** What a URL parser makes of the target: the href after its origin, so that a bare `?` counts. */
function parsed(target: string): string {
  return new URL(`https://host.example${target}`).href.slice('https://host.example'.length)
}

const PIECES = [
  ...'/ // . .. ... %2e %2E %2f %5C %00 % %25 ? # \' " \\ | [ ] ^ ` { } < > : @ & = + ; ,'.split(
    ' ',
  ),
  ...'~ a B 0 - _ ! $ * ( )'.split(' '),
  ...' \t\n\u0000\u007f\u00e9\u20ac\ud800',
]
const target = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 3 })))
  .map((pieces) => `/${pieces.join('')}`)
const tame = fc
  .array(fc.constantFrom(...PIECES.filter((piece) => /^[%\w./:@?'-]+$/.test(piece))))
  .map((pieces) => `/${pieces.join('')}`)

/** The one thing that a URL parser rewrites: the apostrophes of a query, which mean the same encoded. */
function encoded(target: string): string {
  const [path = '', ...query] = target.split('?')
  return [path, ...query.map((part) => part.replaceAll("'", '%27'))].join('?')
}

test('what is accepted, a URL parser does not rewrite but for apostrophes in a query, alone or against a base', () => {
  fc.assert(
    fc.property(fc.oneof(target, tame), (target) => {
      if (checkTarget(target) !== undefined) return
      expect(parsed(target)).toBe(encoded(target))
      const relative = new URL(target, 'https://host.example')
      expect(relative.host).toBe('host.example')
      expect(relative.href.slice('https://host.example'.length)).toBe(encoded(target))
    }),
    { numRuns: 5_000 },
  )
})

test('exactly these characters are accepted: RFC 3986 in a path, in a query what browsers send too', () => {
  const units = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit))
  const inPath = units.filter((unit) => checkTarget(`/a${unit}b`) === undefined)
  const inQuery = units.filter((unit) => checkTarget(`/a?b${unit}c`) === undefined)
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~'
  expect(inPath.join('')).toBe(`!$&'()*+,-./0123456789:;=?@${letters}`)
  const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at))
  expect(inQuery).toEqual(printable.filter((unit) => !'"#%<>'.includes(unit)))
  expect(inPath.filter((unit) => parsed(`/a${unit}b`) !== `/a${unit}b`)).toEqual([])
  expect(inQuery.filter((unit) => parsed(`/a?b${unit}c`) !== `/a?b${unit}c`)).toEqual(["'"])
})

test('whatever decodes to a dot segment is refused', () => {
  const slash = fc.constantFrom('/', '%2f', '%2F', '%5c', '%5C')
  const dots = fc
    .array(fc.constantFrom('.', '%2e', '%2E'), { minLength: 1, maxLength: 2 })
    .map((parts) => parts.join(''))
  const before = fc.constantFrom('', 'a', 'a/b', 'a%2Fb')
  const after = fc.constantFrom('', '/', '/c', '%2fc', '%5C', '?q')
  fc.assert(
    fc.property(before, slash, dots, after, (before, slash, dots, after) => {
      expect(checkTarget(`/${before}${slash}${dots}${after}`)?.code).toBe('INVALID_TARGET')
    }),
    { numRuns: 1_000 },
  )
})

test('the longest target passes and one byte more does not', () => {
  expect(checkTarget(`/${'a'.repeat(LIMITS.targetBytes - 1)}`)).toBeUndefined()
  expect(checkTarget(`/${'a'.repeat(LIMITS.targetBytes)}`)?.message).toContain('longer than')
})

// No clock: a rule that looks at each character once needs a second for all of it, one that looks back minutes.
test('no target takes long, and none is repeated in the message', () => {
  for (const piece of ['.', '%2e', '/', '/.', '/%2e%2e', '%', '%2f..', "'"]) {
    const hostile = `/${piece.repeat(LIMITS.targetBytes)}`.slice(0, LIMITS.targetBytes - 1)
    for (let round = 0; round < 200; round += 1) {
      expect(checkTarget(`${hostile}#`)?.message.length).toBeLessThan(120)
    }
  }
})
