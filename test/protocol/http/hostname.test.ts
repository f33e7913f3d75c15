import { describe, expect, test } from 'vitest'
import {
  allowsHostname,
  hostnameOf,
  isHostname,
  isHostnamePattern,
} from '../../../protocol/http/hostname.ts'

describe('a hostname', () => {
  test.each([
    'a',
    'localhost',
    'alice.spl.example.com',
    'xn--bcher-kva.example.com',
    '1and1.example',
    `${'a'.repeat(63)}.test`,
    `${'a.'.repeat(126)}a`,
  ])('may be %s', (text) => {
    expect(isHostname(text)).toBe(true)
    expect(new URL(`https://${text}/`).hostname).toBe(text)
  })

  test.each([
    '',
    '.',
    'Alice.example.com',
    'alice.example.com.',
    '.alice.example.com',
    'alice..example.com',
    'alice.example.com:443',
    '-alice.example.com',
    'alice-.example.com',
    'al_ice.example.com',
    'älice.example.com',
    '*.example.com',
    '192.0.2.7',
    '127.1',
    '2130706433',
    'a.0x7f',
    'a.0x',
    '[::1]',
    'alice.example.com/x',
    'alice@example.com',
    'alice.example.com\n',
    ' alice.example.com',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(126)}aa`,
  ])('is not %j', (text) => {
    expect(isHostname(text)).toBe(false)
  })

  test.each([
    ['Alice.Example.com:8443', 'alice.example.com'],
    ['alice.example.com', 'alice.example.com'],
    ['alice.example.com.', undefined],
    // The sign for kelvin, which is a k in lower case.
    ['\u212Aevin.example.com', undefined],
    ['alice.example.com:', undefined],
    ['alice.example.com:123456', undefined],
    ['alice:1:2', undefined],
    ['[::1]:443', undefined],
    ['192.0.2.7:443', undefined],
    ['', undefined],
  ])('of the authority %s is %s', (authority, hostname) => {
    expect(hostnameOf(authority)).toBe(hostname)
  })
})

describe('an invite for a hostname', () => {
  test.each([
    ['a.example.com', 'a.example.com', true],
    ['a.example.com', 'b.example.com', false],
    ['xn--bcher-kva.example.com', 'xn--bcher-kva.example.com', true],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', 'aexample.com', false],
    ['*.example.com', 'a.example.com.evil.test', false],
    ['*.example.com', '*.example.com', false],
    ['*.example.com', 'xn--bcher-kva.example.com', false],
    ['*.example.com', 'ab--cd.example.com', false],
    ['*.example.com', 'A.example.com', false],
    ['*.com', 'a.com', true],
  ])('%s and the hostname %s: %s', (pattern, hostname, good) => {
    expect(allowsHostname(pattern, hostname)).toBe(good)
  })

  test.each(['*', '*.', '**.example.com', '*.*.example.com', 'a.*.com', '*.example.com.', 'a.com'])(
    'cannot be for the pattern %s',
    (pattern) => {
      expect(isHostnamePattern(pattern)).toBe(false)
    },
  )
})
