import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { LIMITS } from '../../../protocol/limits.ts'
import { shareOfOne } from '../../../protocol/multiplexer/shares.ts'
import { readWire, writeWire } from '../../support/wire/wire-text.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { collectGarbage, liveMemory } from './live-memory.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'
import { rawTunnel } from '../../support/wire/raw-tunnel.ts'
import { send } from '../../support/clients/send.ts'
import { anIdentity, bearerBy } from '../../support/test-identity.ts'
import { settled, until } from '../../support/until.ts'

const MIB = 1024 * 1024
/** A leak adds in each of them, 10 000 requests long. */
const STRETCHES = 5
let stage: Stage

beforeAll(async () => {
  stage = await aStage(startOnWorkerd, { collectable: true })
})
afterAll(() => stage[Symbol.asyncDispose]())

const held = () => liveMemory(stage.gateway)

describe('clients that do not read', () => {
  test('100 MiB each, four of them: home waits, memory is bounded, others are served', async () => {
    let made = 0
    stage.app.answer('/large', () => {
      let left = 1600
      return new Response(
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull(controller) {
            if (left === 0) return controller.close()
            left -= 1
            made += 1
            controller.enqueue(new Uint8Array(64 * 1024))
          },
        }),
      )
    })
    const before = await held()
    const incoming: IncomingMessage[] = []
    const sendings = Array.from({ length: 4 }, () => stage.open({ path: '/large' }))
    for (const { answer } of sendings) incoming.push((await answer).pause())
    await settled(() => made)
    expect(made).toBeLessThan(1600)
    const grown = (await held()).bytes - before.bytes
    expect(grown).toBeLessThan(48 * MIB)
    expect((await stage.send({ path: '/small' })).text).toBe('home')
    // Three go away, the last reads on: it gets everything.
    for (const { request } of sendings.slice(1)) request.destroy()
    let got = 0
    for await (const piece of incoming[0] as IncomingMessage) got += (piece as Buffer).length
    expect(got).toBe(100 * MIB)
    await stage.idle()
  })
})

describe('clients that come and go', () => {
  test(
    '40 000 requests, each left at once: only their client is refused, memory is bounded',
    { timeout: 120_000 },
    async () => {
      stage.app.answer('/never', () => new Promise<Response>(() => {}))
      const { authority, port } = stage.gateway
      const hasty = bearerBy(stage.identity, 'sa_0hasty0hasty')
      const lines = ['GET /never HTTP/1.1', `Host: ${authority}`, `Authorization: Bearer ${hasty}`]
      const head = `${lines.join('\r\n')}\r\n\r\n`
      const leave = async (afterMs: number) => {
        const socket: Socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        socket.write(head, () => setTimeout(() => socket.resetAndDestroy(), afterMs))
        await once(socket, 'close')
      }
      const come = async (rounds: number) => {
        for (let round = 0; round < rounds; round += 1) {
          // Some go before the front has read them, some while they are on their way, some when home has them.
          await Promise.all(Array.from({ length: 100 }, (_, index) => leave(index % 20)))
          expect((await stage.send({ path: '/small' })).status).toBe(200)
          if (round % 10 === 9) await collectGarbage(stage.gateway)
        }
        return held()
      }
      // Tables, pools and compiled code become what they are under load; a leak goes on for ever.
      let before = await come(300)
      let perRequest = Number.POSITIVE_INFINITY
      for (let stretch = 0; perRequest >= 1024 && stretch < STRETCHES; stretch += 1) {
        const after = await come(100)
        const requests = after.requests - before.requests
        expect(requests).toBeGreaterThan(500)
        perRequest = (after.bytes - before.bytes) / requests
        before = after
      }
      expect(perRequest).toBeLessThan(1024)
      const headers = [['authorization', `Bearer ${hasty}`]] as const
      let refused = await send(port, { path: '/small', headers })
      // What it has left counts for ten seconds, which may just have passed; and only if the front has passed it on before.
      for (let round = 0; refused.status === 200 && round < 20; round += 1) {
        await Promise.all(Array.from({ length: 100 }, () => leave(50)))
        refused = await send(port, { path: '/small', headers })
      }
      expect([refused.status, refused.json()['code']]).toEqual([429, 'RATE_LIMITED'])
      expect(Number(refused.header('retry-after'))).toBeGreaterThan(0)
      expect(stage.home.generations()).toHaveLength(1)
      await stage.idle()
    },
  )
})

describe('WebSocket clients that send more than home takes', () => {
  test('64 of them, each below its own limit: those beyond the common limit are closed with 1008', async () => {
    const identity = anIdentity()
    await using gateway = await startOnWorkerd({ ownerDid: identity.did })
    // A home that accepts every handshake, and never returns any credit.
    const home = await rawTunnel(gateway.port, identity)
    home.on('message', (data: Buffer, isBinary) => {
      for (const frame of isBinary ? readWire(data) : []) {
        if (frame.type !== 'OPEN') continue
        const json = { status: 101, headers: [] }
        home.send(writeWire([{ type: 'HEAD', flags: [], stream: frame.stream, json }]))
      }
    })
    const codes: number[] = []
    const message = Buffer.alloc(500_000)
    const headers = { authorization: `Bearer ${identity.bearer}` }
    const sockets = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const socket = new WebSocket(`ws://localhost:${gateway.port}/`, {
          headers,
          perMessageDeflate: false,
        })
        socket.on('close', (code) => codes.push(code))
        socket.on('error', () => {})
        await once(socket, 'open')
        return socket
      }),
    )
    await Promise.all(
      sockets.flatMap((socket) =>
        [1, 2, 3].map(() => new Promise((sent) => socket.send(message, sent))),
      ),
    )
    await until('some are closed', () => codes.length >= 30)
    await settled(() => codes.length)
    expect(new Set(codes)).toEqual(new Set([1008]))
    // What those that are still open have sent is all that waits in the object.
    const open = 64 - codes.length
    expect(open).toBeGreaterThan(0)
    expect(open * 1_500_000).toBeLessThanOrEqual(32 * MIB)
    for (const socket of [...sockets, home]) socket.terminate()
  })
})

describe('many slow requests', () => {
  test('one token may have 480 at once; its next is told that the tunnel is busy, others’ are not', async () => {
    await using full = await aStage(startOnWorkerd)
    const share = shareOfOne(LIMITS.concurrentStreams)
    const finish: (() => void)[] = []
    full.app.answer(
      '/slow',
      () => new Promise((resolve) => finish.push(() => resolve(new Response('done')))),
    )
    const answers = Array.from({ length: share }, () => full.send({ path: '/slow' }))
    await until('all have begun', () => finish.length === share)
    const busy = await full.send({ path: '/small' })
    expect([busy.status, busy.json()['code'], busy.header('retry-after')]).toEqual([
      503,
      'TUNNEL_BUSY',
      '1',
    ])
    const other = [
      ['authorization', `Bearer ${bearerBy(full.identity, 'sa_0thers0thers')}`],
    ] as const
    expect((await send(full.gateway.port, { path: '/small', headers: other })).status).toBe(200)
    finish.pop()?.()
    await until(
      'one slot is free',
      async () => (await full.send({ path: '/small' })).status === 200,
    )
    for (const one of finish) one()
    expect((await Promise.all(answers)).every(({ text }) => text === 'done')).toBe(true)
    await full.idle()
  })
})
