import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { connected, MuxEnd, pattern, settle } from '../../support/wire/mux-end.ts'
import { readWire } from '../../support/wire/wire-text.ts'
import { expectEmpty, types } from './multiplexer-checks.ts'

const KIB = 1024

describe('cancel', () => {
  it('takes back an OPEN that has not left: the daemon never hears of it', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    gateway.mux.reset(id, RESET.CANCEL, 0)
    expect(gateway.mux.next()).toBeUndefined()
    expect(gateway.mux.openStreams).toBe(0)
    const second = gateway.request()
    expect(second).toBe(id + 1)
    settle(gateway, daemon)
    expect([...daemon.streams.keys()]).toEqual([second])
  })

  it('holds the slot until the daemon confirms', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request()
    settle(gateway, daemon)
    gateway.mux.reset(id, RESET.CANCEL, 0)
    expect(gateway.mux.openStreams).toBe(1)
    settle(gateway, daemon)
    expect(daemon.seen(id).reset).toBe(RESET.CANCEL)
    expect(gateway.seen(id).reset).toBeUndefined()
    expectEmpty(gateway, daemon)
  })

  it('overtakes heads and data that wait, and nothing of the stream follows', () => {
    const { gateway, daemon } = connected({ consume: false })
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(100), false)
    daemon.mux.write(id, pattern(50 * KIB))
    daemon.mux.reset(id, RESET.BODY_FAILED, 0)
    expect(types(daemon.take())).toEqual(['RESET'])
  })

  it('gives back the credit of an answer that never left', () => {
    const { gateway, daemon } = connected()
    const sent = daemon.mux.snapshot().sent
    for (let round = 0; round < 20; round += 1) {
      const id = gateway.request()
      settle(gateway, daemon)
      daemon.respond(id, pattern(LIMITS.inlineBodyBytes))
      if (round % 2 === 0) {
        gateway.mux.reset(id, RESET.CANCEL, 0)
        for (const message of gateway.take()) daemon.receive(message)
      } else daemon.mux.reset(id, RESET.INTERNAL, 0)
      settle(gateway, daemon)
    }
    expect(daemon.mux.snapshot().sent).toBe(sent)
    expectEmpty(gateway, daemon)
  })

  it('does not send the answer of a stream that the client has left, and reports it once', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request('/', false)
    settle(gateway, daemon)
    daemon.respond(id, 'too late')
    gateway.mux.reset(id, RESET.CANCEL, 0)
    for (const message of gateway.take()) daemon.receive(message)
    const answers = daemon.take()
    expect(answers.flatMap(readWire)).toEqual([
      { type: 'RESET', flags: ['ACK'], stream: id, code: 'CANCEL' },
    ])
    for (const message of answers) gateway.receive(message)
    expect(daemon.log).toEqual([`open ${id}`, `reset ${id}`])
    expectEmpty(gateway, daemon)
  })

  it('from both sides at once ends in two confirmations', () => {
    const { gateway, daemon } = connected()
    const id = gateway.request('/', false)
    settle(gateway, daemon)
    gateway.mux.reset(id, RESET.CANCEL, 0)
    daemon.mux.reset(id, RESET.INTERNAL, 0)
    settle(gateway, daemon)
    expect(gateway.seen(id).reset).toBeUndefined()
    expect(daemon.seen(id).reset).toBeUndefined()
    expectEmpty(gateway, daemon)
  })

  it('gives back bytes that were under way and bytes that were not read', () => {
    const { gateway, daemon } = connected({ consume: false })
    for (let round = 0; round < 60; round += 1) {
      const id = gateway.request()
      settle(gateway, daemon)
      daemon.respond(id, '', false)
      daemon.mux.write(id, new Uint8Array(300 * KIB))
      const messages = daemon.take()
      // Some has arrived, some is under way, some is not sent when the client leaves.
      gateway.receive(messages[0] as Uint8Array)
      gateway.mux.reset(id, RESET.CANCEL, 10_000 * round)
      for (const message of messages.slice(1)) gateway.receive(message)
      settle(gateway, daemon)
    }
    expect(gateway.mux.unread).toBe(0)
    expectEmpty(gateway, daemon)
  })
})

describe('an owner that calls back from inside', () => {
  it('reset inside open: no answer, no window, one RESET', () => {
    const { gateway, daemon } = connected(
      {},
      { on: { open: (id) => daemon.mux.reset(id, RESET.REFUSED, 0) } },
    )
    const id = gateway.request('/', false)
    settle(gateway, daemon)
    expect(gateway.seen(id).reset).toBe(RESET.REFUSED)
    expect(daemon.log).toEqual([`open ${id}`])
    expectEmpty(gateway, daemon)
  })

  it('reset inside data with the last bytes: no end is reported', () => {
    const { gateway, daemon } = connected({
      on: { data: (id) => gateway.mux.reset(id, RESET.CANCEL, 0) },
    })
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(LIMITS.inlineBodyBytes + 1))
    settle(gateway, daemon)
    expect(gateway.log).toEqual([`head ${id}`, `data ${id}`])
    expectEmpty(gateway, daemon)
  })

  it('reset inside head: nothing of the body is reported', () => {
    const { gateway, daemon } = connected({
      consume: false,
      on: { head: (id) => gateway.mux.reset(id, RESET.CANCEL, 0) },
    })
    const id = gateway.request()
    settle(gateway, daemon)
    daemon.respond(id, pattern(200 * KIB))
    settle(gateway, daemon)
    expect(gateway.log).toEqual([`head ${id}`])
    expectEmpty(gateway, daemon)
  })

  it.each(['open', 'data', 'end', 'reset', 'goAway', 'closed'] as const)(
    'close inside %s: the rest of the message is not read, each stream fails once',
    (event) => {
      const closing = () => daemon.mux.close()
      const { gateway, daemon } = connected({}, { on: { [event]: closing } })
      const first = gateway.request('/', false)
      const second = gateway.request('/', false)
      gateway.mux.write(first, pattern(10))
      gateway.mux.end(first)
      if (event === 'closed') {
        settle(gateway, daemon)
        daemon.respond(first, '')
        settle(gateway, daemon)
      }
      if (event === 'reset') {
        settle(gateway, daemon)
        gateway.mux.reset(first, RESET.CANCEL, 0)
      }
      if (event === 'goAway') gateway.mux.goAway(RESET.GOING_AWAY, '')
      else gateway.request('/', true)
      settle(gateway, daemon)
      const after = daemon.log.slice(daemon.log.findIndex((line) => line.startsWith(event)) + 1)
      expect(after.filter((line) => !line.startsWith('reset'))).toEqual([])
      const resets = daemon.log.filter((line) => line.startsWith('reset'))
      expect(new Set(resets).size).toBe(resets.length)
      const told = event === 'open' || event === 'goAway' || resets.includes(`reset ${second}`)
      expect(told).toBe(true)
      expect(daemon.mux).toMatchObject({ openStreams: 0, promised: 0, quiet: true })
    },
  )

  it('reset of another stream inside a lost connection is the last word on it', () => {
    const { gateway, daemon } = connected({
      on: { reset: () => gateway.mux.reset(2, RESET.CANCEL, 0) },
    })
    gateway.request()
    gateway.request()
    settle(gateway, daemon)
    gateway.mux.close()
    expect(gateway.log).toEqual(['reset 1'])
  })

  it('an owner that sends from inside output: the same bytes arrive', () => {
    const toDaemon: Uint8Array[] = []
    const toGateway: Uint8Array[] = []
    const gateway: MuxEnd = new MuxEnd('opener', {
      on: { output: () => toDaemon.push(...gateway.take()) },
    })
    const daemon: MuxEnd = new MuxEnd('acceptor', {
      on: {
        output: () => toGateway.push(...daemon.take()),
        open: (id) => void daemon.respond(id, pattern(20 * KIB, id), false),
        data: (id, bytes) => void daemon.mux.write(id, bytes.slice()),
        end: (id) => daemon.mux.end(id),
      },
    })
    const carry = () => {
      toDaemon.push(...gateway.take())
      toGateway.push(...daemon.take())
      for (;;) {
        const message = toDaemon.shift()
        if (message !== undefined) daemon.receive(message)
        const answer = toGateway.shift()
        if (answer !== undefined) gateway.receive(answer)
        if (message === undefined && answer === undefined) return
      }
    }
    const id = gateway.request('/', false)
    gateway.mux.write(id, pattern(700 * KIB))
    gateway.mux.end(id)
    carry()
    const echoed = Buffer.concat([pattern(20 * KIB, id), pattern(700 * KIB)])
    expect(Buffer.compare(gateway.body(id), echoed)).toBe(0)
    expect(gateway.seen(id).closed).toBe(true)
    expectEmpty(gateway, daemon)
  })
})
