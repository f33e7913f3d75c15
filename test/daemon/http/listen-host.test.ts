import { describe, expect, test } from 'vitest'
import {
  isExposable,
  type ListenHost,
  parseListenHost,
  urlHost,
} from '../../../local-daemon/network/listen-host.ts'
import { adviceOn } from '../../../local-daemon/http/connection/listen-failure.ts'

describe('--host', () => {
  test.for([
    ['localhost', '127.0.0.1', 'loopback'],
    ['127.0.0.1', '127.0.0.1', 'loopback'],
    ['127.0.0.2', '127.0.0.2', 'loopback'],
    ['127.255.255.255', '127.255.255.255', 'loopback'],
    ['::1', '::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', '::1', 'loopback'],
    ['0x7f.1', '127.0.0.1', 'loopback'],
    ['127.1', '127.0.0.1', 'loopback'],
    ['2130706433', '127.0.0.1', 'loopback'],
    ['::ffff:127.0.0.1', '127.0.0.1', 'loopback'],
    ['100.64.0.0', '100.64.0.0', 'tailnet'],
    ['100.101.102.103', '100.101.102.103', 'tailnet'],
    ['100.127.255.255', '100.127.255.255', 'tailnet'],
    ['::ffff:100.64.0.7', '100.64.0.7', 'tailnet'],
    ['fd7a:115c:a1e0::1', 'fd7a:115c:a1e0::1', 'tailnet'],
    ['FD7A:115C:A1E0:0:0:0:0:1', 'fd7a:115c:a1e0::1', 'tailnet'],
    ['fd7a:115c:a1e1::1', 'fd7a:115c:a1e1::1', 'private'],
    ['10.0.0.1', '10.0.0.1', 'private'],
    ['012.0.0.1', '10.0.0.1', 'private'],
    ['172.16.0.1', '172.16.0.1', 'private'],
    ['172.31.255.255', '172.31.255.255', 'private'],
    ['192.168.1.4', '192.168.1.4', 'private'],
    ['::ffff:c0a8:104', '192.168.1.4', 'private'],
    ['fc00::1', 'fc00::1', 'private'],
    ['fdff:ffff::1', 'fdff:ffff::1', 'private'],
  ] as const)('%s is %s, %s', ([host, address, exposure]) => {
    expect(parseListenHost(host)).toEqual({ address, exposure })
  })

  test.for([
    ['0.0.0.0', 'HOST_WILDCARD'],
    ['0', 'HOST_WILDCARD'],
    ['0x0', 'HOST_WILDCARD'],
    ['00.0', 'HOST_WILDCARD'],
    ['0.0.0.0.', 'HOST_WILDCARD'],
    ['::', 'HOST_WILDCARD'],
    ['0:0:0:0:0:0:0:0', 'HOST_WILDCARD'],
    ['::0.0.0.0', 'HOST_WILDCARD'],
    ['::ffff:0.0.0.0', 'HOST_WILDCARD'],
    ['::ffff:0:0', 'HOST_WILDCARD'],
    ['169.254.1.1', 'HOST_LINK_LOCAL'],
    ['169.254.169.254', 'HOST_LINK_LOCAL'],
    ['::ffff:169.254.169.254', 'HOST_LINK_LOCAL'],
    ['fe80::1', 'HOST_LINK_LOCAL'],
    ['fe80::1%eth0', 'HOST_LINK_LOCAL'],
    ['febf::1', 'HOST_LINK_LOCAL'],
    ['8.8.8.8', 'HOST_PUBLIC'],
    ['::ffff:8.8.8.8', 'HOST_PUBLIC'],
    ['134744072', 'HOST_PUBLIC'],
    ['172.15.255.255', 'HOST_PUBLIC'],
    ['172.32.0.1', 'HOST_PUBLIC'],
    ['100.63.255.255', 'HOST_PUBLIC'],
    ['100.128.0.1', 'HOST_PUBLIC'],
    ['192.169.0.1', 'HOST_PUBLIC'],
    ['128.0.0.1', 'HOST_PUBLIC'],
    ['2001:db8::1', 'HOST_PUBLIC'],
    ['2000::1', 'HOST_PUBLIC'],
    ['64:ff9b::10.0.0.1', 'HOST_PUBLIC'],
    ['::7f00:1', 'HOST_PUBLIC'],
    ['fbff::1', 'HOST_PUBLIC'],
    ['fec0::1', 'HOST_PUBLIC'],
    ['0.0.0.1', 'HOST_INVALID'],
    ['224.0.0.1', 'HOST_INVALID'],
    ['255.255.255.255', 'HOST_INVALID'],
    ['ff02::1', 'HOST_INVALID'],
    ['::1%lo', 'HOST_INVALID'],
    ['fd00::1%eth0', 'HOST_INVALID'],
    ['10.0.0.1%eth0', 'HOST_INVALID'],
    ['example.com', 'HOST_INVALID'],
    ['localhost.', 'HOST_INVALID'],
    ['10.0.0.256', 'HOST_INVALID'],
    ['10.0.0.1:9100', 'HOST_INVALID'],
    ['[::1]', 'HOST_INVALID'],
    ['%30', 'HOST_INVALID'],
    ['0/', 'HOST_INVALID'],
    ['０', 'HOST_INVALID'],
    [' 127.0.0.1', 'HOST_INVALID'],
    ['', 'HOST_INVALID'],
  ] as const)('%s is refused with %s', ([host, code]) => {
    expect(() => parseListenHost(host)).toThrow(expect.objectContaining({ code }))
  })

  test('that is refused is told the three safe ways', () => {
    for (const host of ['0.0.0.0', '::', '8.8.8.8', 'fe80::1', 'nonsense']) {
      const ways = ['tailscale ip -4', 'reverse_proxy 127.0.0.1:9100', '--gateway https://']
      for (const way of ways) {
        expect(() => parseListenHost(host)).toThrow(
          expect.objectContaining({ try: expect.stringContaining(way) }),
        )
      }
    }
  })

  test('says what a strange spelling means', () => {
    expect(() => parseListenHost('0')).toThrow(/--host 0 is 0\.0\.0\.0, which offers/)
  })
})

test('an address stands in a URL as URLs write it', () => {
  expect([urlHost('10.0.0.1'), urlHost('fd00::2')]).toEqual(['10.0.0.1', '[fd00::2]'])
})

test.for([
  ['10.0.0.1', true],
  ['100.64.0.1', true],
  ['fd00::2', true],
  ['fe80::1', false],
  ['fd00::2%eth0', false],
  ['192.0.2.2', false],
  ['127.0.0.1', false],
  ['nonsense', false],
] as const)('an interface with %s has one that --host takes: %s', ([address, takes]) => {
  expect(isExposable(address)).toBe(takes)
})

describe('an address that the machine does not have', () => {
  const here: readonly ListenHost[] = [{ address: '192.168.1.5', exposure: 'private' }]

  test('is answered with those that it has', () => {
    const wanted = { address: '192.168.1.9', exposure: 'private' } as const
    expect(adviceOn(wanted, here)).toBe('This machine has: --host 192.168.1.5.')
    expect(adviceOn(wanted, [])).toMatch(/no tailnet or private address now: leave --host out/)
  })

  test('of a tailnet that is not up yet is told how to bring it up, and who tries again', () => {
    const wanted = { address: '100.64.0.7', exposure: 'tailnet' } as const
    expect(adviceOn(wanted, here)).toMatch(/^Bring the tailnet up .*--install-service/)
    const other = { address: '100.64.0.8', exposure: 'tailnet' } as const
    expect(adviceOn(wanted, [...here, other])).toContain('--host 100.64.0.8')
  })
})
