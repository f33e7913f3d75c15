import { describe, expect, test } from 'vitest'
import { benchOptions } from '../options.ts'
import { peersTable } from './measure-peers.ts'
import { PEERS } from './peer-list.ts'
import { findProgram } from './start-peer.ts'

const place = {
  directory: '/d',
  daemonPort: 1001,
  publicPort: 1002,
  innerPort: 1003,
  otherPorts: [1004, 1005],
} as const

describe('peers of the bench', () => {
  test.each(PEERS)('$name has the daemon and its public port in what it starts with', (peer) => {
    const started = JSON.stringify([peer.files(place), peer.run(place)])
    expect(started).toContain('1001')
    expect(started).toContain('1002')
    expect(started).not.toContain('0.0.0.0')
    expect(peer.run(place).every(({ name }) => peer.programs.includes(name))).toBe(true)
  })

  test('a program is found in a folder, on PATH, or not at all', () => {
    expect(findProgram('sh', undefined)).toMatch(/\/sh$/u)
    expect(findProgram('sh', '/bin')).toBe('/bin/sh')
    expect(findProgram('no-such-program', undefined)).toBeUndefined()
  })

  test('the table has its date, and names who is missing', () => {
    const load = { perSecond: 100, answered: 300, p50Ms: 1, p99Ms: 2, failed: 0 }
    const told = peersTable(
      [
        { name: 'a', many: { ...load, cpu: { way: 12.4 } }, one: { ...load, cpu: { way: null } } },
        { name: 'b', missing: 'no b found; get it: apt-get install b' },
      ],
      '2026-11-30',
    )
    expect(told).toContain('| 2026-11-30 | GET/s, 32 |')
    expect(told).toContain('| a | 100 | 1.00, 2.00 | 12 | 100 | 1.00, 2.00 | not available |')
    expect(told).toContain('Not measured: b: no b found; get it: apt-get install b')
  })

  test('--peers takes a folder with programs', () => {
    expect(benchOptions([]).peers).toBe(false)
    expect(benchOptions(['--peers', '--peers-dir', 'x'])).toMatchObject({
      peers: true,
      peersDirectory: 'x',
    })
  })
})
