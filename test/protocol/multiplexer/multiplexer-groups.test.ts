import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import type { Membership, MultiplexerEvents } from '../../../protocol/multiplexer/multiplexer.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { HostileScene, TARGET } from '../tunnel/hostile-scene.ts'
import { connected, settle } from '../../support/wire/mux-end.ts'
import { readWire } from '../../support/wire/wire-text.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (words: string) => new TextEncoder().encode(words)
const NOTHING = new Uint8Array(0)

/** A gateway and a daemon; what the gateway is told of groups, in order. */
function aPair(options: { readonly consume?: boolean } = {}) {
  const told: string[] = []
  const left: Membership[] = []
  const on: Partial<MultiplexerEvents> = {
    joined: (stream, { group, member }) => told.push(`join ${stream} ${group} ${member}`),
    group: (group, events) => told.push(`group ${group} ${text(events)}`),
    groupEnd: (group) => told.push(`over ${group}`),
    left: ({ group, member }, farewell) => told.push(`leave ${group} ${member} ${text(farewell)}`),
  }
  const { gateway, daemon } = connected(
    { ...options, on },
    { on: { left: (membership) => left.push(membership) } },
  )
  const pass = () => settle(gateway, daemon)
  return { gateway, daemon, told, left, pass }
}

describe('a group', () => {
  test('begins for a member behind all that was said to it alone, and with the very next event', () => {
    const { gateway, daemon, told, pass } = aPair()
    const one = gateway.request('/events', true)
    pass()
    daemon.respond(one, 'backlog', false)
    expect(daemon.mux.settled(one)).toBe(false)
    pass()
    expect(daemon.mux.settled(one)).toBe(true)
    daemon.mux.sendGroup(7, bytes('before'))
    daemon.mux.join(one, { group: 7, member: 1 })
    daemon.mux.sendGroup(7, bytes('after'))
    pass()
    expect(told).toEqual(['group 7 before', `join ${one} 7 1`, 'group 7 after'])
    expect(gateway.seen(one)).toMatchObject({ closed: true, reset: undefined })
    expect([gateway.mux.openStreams, daemon.mux.openStreams]).toEqual([0, 0])
    expect([gateway.mux.quiet, daemon.mux.quiet]).toEqual([true, true])
  })

  test('cannot be joined by a stream that has something to send', () => {
    const { gateway, daemon, pass } = aPair()
    const one = gateway.request('/events', true)
    pass()
    expect(() => daemon.mux.join(one, { group: 1, member: 1 })).toThrow(TypeError)
    daemon.respond(one, 'x', false)
    pass()
    daemon.mux.write(one, bytes('more'))
    expect(() => daemon.mux.join(one, { group: 1, member: 1 })).toThrow(TypeError)
    expect(() => daemon.mux.join(99, { group: 1, member: 1 })).toThrow(TypeError)
  })

  test('holds its slot until the client has taken what was its own', () => {
    const { gateway, daemon, pass } = aPair({ consume: false })
    const one = gateway.request('/events', true)
    pass()
    daemon.respond(one, 'backlog', false)
    pass()
    daemon.mux.join(one, { group: 1, member: 1 })
    pass()
    expect([gateway.mux.openStreams, daemon.mux.openStreams]).toEqual([1, 0])
    gateway.mux.consumed(one, 'backlog'.length)
    expect(gateway.mux.openStreams).toBe(0)
  })

  test('tells home of one who joined a stream that was given up on the way', () => {
    const { gateway, daemon, told, left, pass } = aPair()
    const one = gateway.request('/events', true)
    pass()
    daemon.respond(one, 'x', false)
    pass()
    daemon.mux.join(one, { group: 3, member: 4 })
    gateway.mux.reset(one, RESET.CANCEL, 0)
    pass()
    expect(told).toEqual([])
    expect(left).toEqual([{ group: 3, member: 4 }])
    expect(gateway.mux.openStreams).toBe(0)
  })

  test('takes leave both ways, with a last word from home', () => {
    const { gateway, daemon, told, left, pass } = aPair()
    daemon.mux.leave({ group: 1, member: 2 }, bytes('bye'))
    gateway.mux.leave({ group: 1, member: 3 })
    daemon.mux.endGroup(1)
    pass()
    expect(told).toEqual(['leave 1 2 bye', 'over 1'])
    expect(left).toEqual([{ group: 1, member: 3 }])
    const long = new Uint8Array(LIMITS.farewellBytes + 1)
    expect(() => daemon.mux.leave({ group: 1, member: 2 }, long)).toThrow(TypeError)
  })

  test('gets events larger than a frame in pieces, in order, and each message stays small', () => {
    const { gateway, daemon, told, pass } = aPair()
    const large = 'x'.repeat(3 * LIMITS.dataBytes)
    daemon.mux.sendGroup(1, bytes(large))
    daemon.mux.sendGroup(1, bytes('y'))
    const messages = daemon.take()
    for (const message of messages) {
      expect(message.length).toBeLessThanOrEqual(LIMITS.dataPerMessage)
      gateway.receive(message)
    }
    pass()
    expect(told.map((line) => line.slice('group 1 '.length)).join('')).toBe(`${large}y`)
  })

  test('has its turn beside bulk bodies, and they have theirs', () => {
    const { gateway, daemon, pass } = aPair({ consume: false })
    const bulk = gateway.request('/bulk', true)
    pass()
    daemon.respond(bulk, '', false)
    daemon.mux.write(bulk, new Uint8Array(128 * 1024))
    for (let count = 0; count < 4; count += 1) daemon.mux.sendGroup(1, new Uint8Array(64 * 1024))
    const first = readWire(daemon.take()[0] ?? NOTHING).map(({ type }) => type)
    expect(first.filter((type) => type === 'GROUP')).toHaveLength(1)
    expect(first).toContain('DATA')
  })

  test('cannot outrun the connection’s credit, and gets it back as it is passed on', () => {
    const { gateway, daemon, pass } = aPair()
    const piece = new Uint8Array(1024 * 1024)
    const most = LIMITS.connectionWindow / piece.length
    for (let count = 0; count < most + 4; count += 1) daemon.mux.sendGroup(1, piece)
    const held = daemon.take()
    // Nothing came back yet: what is over the window waits.
    expect(daemon.mux.sendGroup(1, NOTHING)).toBeGreaterThan(3 * piece.length)
    for (const message of held) gateway.receive(message)
    pass()
    expect(daemon.mux.sendGroup(1, NOTHING)).toBe(0)
    expect(gateway.mux.unread).toBe(0)
  })
})

describe('a hostile peer', () => {
  test.for(['JOIN', 'GROUP'] as const)('that is a gateway cannot send %s', (type) => {
    const scene = new HostileScene('acceptor')
    const stream = type === 'JOIN' ? TARGET : 0
    expect(() => scene.say({ type, flags: [], stream, group: 1, member: 1, body: '' })).toThrow(
      /only the daemon sends one/,
    )
  })

  test('cannot give a farewell that is too long, or one at all to home', () => {
    const body = '00'.repeat(LIMITS.farewellBytes + 1)
    const leave = { type: 'LEAVE', flags: [], stream: 0, group: 1, member: 1 } as const
    expect(() => new HostileScene('opener').say({ ...leave, body })).toThrow(/too long/)
    expect(() => new HostileScene('acceptor').say({ ...leave, body: '00' })).toThrow(/too long/)
  })

  test('cannot join a stream before its head, or twice; the others go on', () => {
    const scene = new HostileScene('opener')
    const join = { type: 'JOIN', flags: [], stream: TARGET, group: 1, member: 1 } as const
    scene.say(join)
    expect(scene.heard().map(({ type }) => type)).toEqual(
      expect.arrayContaining(['RESET', 'LEAVE']),
    )
    scene.say(join, { ...join, stream: 77 })
    expect(scene.heard().filter(({ type }) => type === 'LEAVE')).toHaveLength(2)
    expect(scene.bystander()).toMatchObject({ got: true, ended: true })
  })

  test('cannot send more to groups than the connection’s credit', () => {
    const scene = new HostileScene('opener')
    const body = '00'.repeat(LIMITS.dataBytes)
    const group = { type: 'GROUP', flags: [], stream: 0, group: 1, body } as const
    const flood = (honest: boolean) => {
      for (let sent = 0; sent < 2 * LIMITS.connectionWindow; sent += 8 * LIMITS.dataBytes) {
        scene.say(...Array.from({ length: 8 }, () => group))
        if (honest) scene.heard()
      }
    }
    // Consumed as it comes, so no amount is too much for one who waits for credit.
    flood(true)
    expect(scene.victim.mux.unread).toBe(0)
    const large = { ...group, body: '00'.repeat(LIMITS.dataBytes + 1) }
    expect(() => flood(false)).toThrow(/over the connection credit/)
    expect(() => new HostileScene('opener').say(large)).toThrow(/larger than a frame/)
  })
})
