import { describe, expect, test } from 'vitest'
import { PublicHosts } from '../../../edge-gateway/door/public-hosts.ts'
import { parsePublicName, publicHostnames } from '../../../local-daemon/gateway/public-hostnames.ts'

/** What `spl gateway serve --hostname … --port 8443` tells the Worker. */
const served = (...names: string[]) =>
  PublicHosts.parse(publicHostnames(names.map(parsePublicName), 8443).join(','))

describe('the hosts of a gateway', () => {
  test.for([
    ['spl.example.com', 'spl.example.com', true],
    ['spl.example.com', 'SPL.example.com:443', true],
    ['spl.example.com', 'spl.example.com:8443', true],
    ['spl.example.com', 'spl.example.com:9443', false],
    ['spl.example.com', 'spl.example.com.evil.example', false],
    ['spl.example.com', 'evil.example', false],
    ['spl.example.com', 'a.spl.example.com', false],
    ['spl.example.com', '', false],
    ['spl.example.com:9443', 'spl.example.com:9443', true],
    ['spl.example.com:9443', 'spl.example.com', false],
    ['spl.example.com:*', 'spl.example.com:1', true],
    ['spl.example.com:*', 'other.example.com:1', false],
    ['*.spl.example.com', 'a.spl.example.com', true],
    ['*.spl.example.com', 'a.spl.example.com:8443', true],
    ['*.spl.example.com', 'a.spl.example.com:1', false],
    ['*.spl.example.com', 'a.b.spl.example.com', false],
    ['*.spl.example.com', 'spl.example.com', false],
    ['*.spl.example.com', '.spl.example.com', false],
    ['192.0.2.7', '192.0.2.7:8443', true],
    ['::1', '[::1]:8443', true],
    ['[::1]', '[::1]', true],
    ['[::1]', '[::2]', false],
  ] as const)('%s: %s is one of them: %s', ([name, authority, expected]) => {
    expect(served(name)?.includes(authority)).toBe(expected)
  })

  test('are all where somebody else keeps foreign ones away', () => {
    expect(PublicHosts.parse('*')?.includes('anything.example:1')).toBe(true)
  })

  test('for a name that a registry has given out, are a matter of the port alone', () => {
    const hosts = served('spl.example.com')
    expect(hosts?.includesPort('alice.example')).toBe(true)
    expect(hosts?.includesPort('alice.example:8443')).toBe(true)
    expect(hosts?.includesPort('alice.example:9443')).toBe(false)
  })

  test.for(['', ' , ', 'a b/c', 'a:port', '*.*.example', 'a, http://b', 'a:', '[::1'])(
    '%j names none: the gateway says so and serves no request',
    (text) => {
      expect(PublicHosts.parse(text)).toBeUndefined()
    },
  )

  test.for(['', 'a b', 'a/b', 'a:0', 'a:65536', 'a:b', 'http://a', 'a\nb', 'a,b', '"'])(
    '%j is no --hostname',
    (text) => {
      expect(() => parsePublicName(text)).toThrow(
        expect.objectContaining({ code: 'HOSTNAME_INVALID' }),
      )
    },
  )
})
