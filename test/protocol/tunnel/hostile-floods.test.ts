import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../protocol/tunnel/frame.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import {
  BYSTANDER,
  credit,
  data,
  head,
  HostileScene as Scene,
  open,
  repeat,
  reset,
  TARGET,
  WHOLE,
  codeOf,
  ROLES,
} from './hostile-scene.ts'
import { policyBytes } from '../../support/wire/mux-end.ts'
import { type FrameText } from '../../support/wire/wire-text.ts'

const KIB = 1024

describe('floods', () => {
  it('10 000 open-and-cancel in a second: a bounded table, refused with a code, the others go on', () => {
    const scene = new Scene('acceptor')
    const codes = new Map<string, number>()
    let largest = 0
    for (let count = 0; count < 10_000; count += 1) {
      scene.victim.now = count / 10
      const id = TARGET + 1 + count
      scene.say(open(id, { flags: ['END'] }), reset(id))
      largest = Math.max(largest, scene.victim.mux.openStreams)
      for (const frame of scene.heard()) {
        if (frame.type !== 'RESET' || frame.flags.includes('ACK')) continue
        codes.set(frame.code ?? '', (codes.get(frame.code ?? '') ?? 0) + 1)
      }
    }
    expect(largest).toBe(2)
    expect([...codes.keys()]).toEqual(['ENHANCE_YOUR_CALM'])
    // What the owner was bothered with is the limit, whatever was tried.
    const opened = scene.victim.log.filter((line) => line.startsWith('open')).length
    expect(opened).toBeLessThanOrEqual(2 * LIMITS.cancelledOpens + 3)
    expect(codes.get('ENHANCE_YOUR_CALM')).toBe(10_000 + 2 - opened)
    expect(scene.bystander()).toEqual(WHOLE)
    scene.victim.now += LIMITS.cancelledOpensIntervalMs
    scene.say(open(20_000, { flags: ['END'] }))
    expect(scene.resets()).toEqual([])
  })

  it('the same by a gateway that never reads: closed before the answers pile up', () => {
    const scene = new Scene('acceptor')
    let sent = 0
    const flood = () => {
      for (; sent < 20_000; sent += 1) {
        const id = TARGET + 1 + sent
        scene.say(open(id, { flags: ['END'] }))
        scene.victim.respond(id, new Uint8Array(LIMITS.inlineBodyBytes))
        scene.say(reset(id))
      }
    }
    expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
    expect(sent).toBeLessThanOrEqual(LIMITS.controlFrames + 1)
    expect(scene.victim.seen(BYSTANDER).reset).toBe(RESET.CONNECTION_LOST)
  })

  it('opens without end: as many as there are slots, the rest REFUSED', () => {
    const scene = new Scene('acceptor')
    for (let id = TARGET + 1; id <= 3000; id += 1) scene.say(open(id))
    expect(scene.victim.mux.openStreams).toBe(LIMITS.concurrentStreams)
    const refused = scene.resets()
    expect(refused).toHaveLength(3000 - LIMITS.concurrentStreams)
    expect(new Set(refused.map(([, code]) => code))).toEqual(new Set(['REFUSED']))
    expect(scene.bystander()).toEqual(WHOLE)
    scene.say(open(4000))
    expect(scene.resets()).toEqual([])
  })

  it('slots of resets that the gateway never confirms stay taken', () => {
    const scene = new Scene('acceptor')
    for (let id = TARGET + 1; id <= 3000; id += 1) {
      scene.say(open(id), data(id, ''))
      scene.heard()
    }
    expect(scene.victim.mux.openStreams).toBe(LIMITS.concurrentStreams)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it('a client that opens and cancels is slowed at the gateway, before the daemon hears of it', () => {
    const scene = new Scene('opener')
    let opened = 0
    for (; opened < 10_000 && scene.victim.mux.refusal(1) === undefined; opened += 1) {
      const id = scene.victim.request('/', true)
      scene.heard()
      scene.victim.mux.reset(id, RESET.CANCEL, 1)
      scene.say({ ...reset(id), flags: ['ACK'] })
    }
    expect(scene.victim.mux.refusal(1)).toBe('too-many-cancels')
    expect(opened).toBe(LIMITS.cancelledOpens)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  const ping: FrameText = { type: 'PING', flags: [], stream: 0, id: 5 }
  it.each(ROLES)(
    'PINGs that are never answered because the peer never reads, to the %s',
    (role) => {
      const scene = new Scene(role)
      let sent = 0
      const flood = () => {
        for (; sent < 100_000; sent += 100) scene.say(...repeat(ping, 100))
      }
      expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
      expect(sent).toBeLessThanOrEqual(LIMITS.controlFrames)
    },
  )

  it.each(ROLES)('PINGs from a peer that reads are answered, one each, to the %s', (role) => {
    const scene = new Scene(role)
    scene.say(...repeat(ping, 5000))
    expect(scene.heard()).toHaveLength(5000)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(ROLES)('one message full of frames that need an answer, to the %s', (role) => {
    const scene = new Scene(role)
    const most = Math.floor(LIMITS.messageBytes / 20)
    expect(codeOf(() => scene.say(...repeat(ping, most)))).toBe('ENHANCE_YOUR_CALM')
  })

  it.each(ROLES)('DATA on unknown streams from a peer that never reads, to the %s', (role) => {
    const scene = new Scene(role)
    const flood = () => {
      for (let id = 100; id < 100_000; id += 1) scene.say(data(id, 'x'))
    }
    expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
  })

  it('a daemon that sends policies and reads no answers ends its own connection', () => {
    const scene = new Scene('opener')
    const flood = () => {
      for (let version = 1; version < 100_000; version += 1) {
        scene.raw(FRAME.POLICY, 0, policyBytes(version))
        scene.victim.mux.ackPolicy(version)
      }
    }
    expect(codeOf(flood)).toBe('ENHANCE_YOUR_CALM')
  })

  it.each([
    ['never sent', 9],
    ['of an older one, which was overtaken', 7],
    ['larger than any number', 2 ** 63],
  ])('an acknowledgement of a version %s is ignored', (_name, version) => {
    const scene = new Scene('acceptor')
    const ack = (of: number) => scene.say({ type: 'POLICY_ACK', flags: [], stream: 0, version: of })
    ack(version)
    scene.victim.mux.sendPolicy(policyBytes(7))
    scene.victim.mux.sendPolicy(policyBytes(8))
    ack(version)
    expect(scene.victim.acked).toEqual([])
    ack(8)
    expect(scene.victim.acked).toEqual([8])
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it('a peer that never answers our PINGs costs one each stream', () => {
    const scene = new Scene('opener')
    let pings = 0
    for (let count = 0; count < 200; count += 1) {
      const id = scene.victim.request()
      scene.heard()
      scene.say(head(id))
      for (let part = 0; part < 8; part += 1) {
        scene.say(data(id, new Uint8Array(32 * KIB), part === 7))
        pings += scene.heard().filter(({ type }) => type === 'PING').length
      }
    }
    expect(pings).toBe(200)
    expect(scene.victim.mux.openStreams).toBe(2)
    expect(scene.bystander()).toEqual(WHOLE)
  })

  it.each(ROLES)(
    'a peer that grants nothing: what waits is bounded by what writers are told, to the %s',
    (role) => {
      const scene = new Scene(role)
      if (role === 'acceptor') scene.victim.respond(TARGET, '', false)
      let waiting = 0
      while (scene.victim.mux.write(TARGET, new Uint8Array(16 * KIB))) {
        waiting += 1
        scene.heard()
      }
      const window = role === 'acceptor' ? 256 * KIB : LIMITS.streamWindowMin
      expect(waiting * 16 * KIB).toBeLessThan(window + LIMITS.sendQueueBytes)
      expect(scene.victim.mux.queued(TARGET)).toBeLessThanOrEqual(LIMITS.sendQueueBytes)
      scene.say(credit(TARGET, 2 ** 30))
      expect(scene.bystander()).toEqual(WHOLE)
    },
  )
})
