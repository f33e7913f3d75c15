import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { until } from '../../support/until.ts'
import { readWire, type FrameText } from '../../support/wire/wire-text.ts'
import { aTunnel } from './a-tunnel.ts'
import {
  anOpen,
  aScriptedGateway,
  HELLO,
  sendFrames,
} from '../../support/gateway/scripted-gateway.ts'

describe('a gateway that lets the daemon in and then', () => {
  test.for([
    ['closes at once', (socket) => socket.close(1001, 'bye'), /1001: bye/],
    ['is gone', (socket) => socket.terminate(), /1006/],
    ['closes with a code of its own', (socket) => socket.close(4999), /4999/],
    ['sends an empty message', (socket) => socket.send(Buffer.alloc(0)), /100[26]/],
    ['sends noise', (socket) => socket.send(Buffer.alloc(999, 0x5a)), /100[26]/],
    ['sends a frame before its greeting', (socket) => sendFrames(socket, anOpen(1)), /100[26]/],
    [
      'sends another version',
      (socket) =>
        sendFrames(socket, { ...HELLO, json: { version: PROTOCOL_VERSION + 1, agent: 'x' } }),
      /100[26]/,
    ],
    ['greets twice', (socket) => sendFrames(socket, HELLO, HELLO), /100[26]/],
    ['repeats a stream id', (socket) => sendFrames(socket, HELLO, anOpen(5), anOpen(5)), /100[26]/],
    [
      'sends a message over 1 MiB',
      (socket) => socket.send(Buffer.alloc(1024 * 1024 + 1)),
      /100[269]/,
    ],
  ] as readonly [string, (socket: WebSocket) => void, RegExp][])(
    '%s: the daemon connects again, and serves',
    async ([_name, script, reason]) => {
      let served!: WebSocket
      await using gateway = await aScriptedGateway(({ accept }, number) => {
        void accept().then((socket) => {
          served = socket
          if (number === 1) script(socket)
          else sendFrames(socket, HELLO)
        })
      })
      await using home = aTunnel(gateway.url)
      expect((await home.event('disconnected')).reason).toMatch(reason)
      await until('it is connected again', () => home.tunnel.status.state === 'connected')
      expect(await answerTo(served, anOpen(1))).toMatchObject({ status: 200 })
    },
  )

  test('says that another daemon took over: it asks once soon, and then not for half a minute', async () => {
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => socket.close(4001, 'replaced'))
    })
    await using home = aTunnel(gateway.url)
    const waits = () =>
      home.events.flatMap((event) => (event.kind === 'disconnected' ? [event.retryMs] : []))
    await until('it was told twice', () => waits().length === 2)
    const [soon = 0, later = 0] = waits()
    expect(soon).toBeGreaterThanOrEqual(1_000)
    expect(soon).toBeLessThanOrEqual(3_000)
    expect(later).toBeGreaterThanOrEqual(30_000)
  })

  test('sends texts: they are ignored', async () => {
    await using served = await greeted()
    for (const text of ['pong', 'hello', '', 'x'.repeat(100_000)]) served.socket.send(text)
    expect(await answerTo(served.socket, anOpen(1))).toMatchObject({ status: 200 })
    expect(served.home.events.filter(({ kind }) => kind !== 'connected')).toEqual([])
  })
})

describe('a hostile request', () => {
  test.for([
    ['a target of two slashes', { target: '//evil' }],
    ['a target with a dot segment', { target: '/%2e%2e/x' }],
    ['a target with a backslash', { target: '/a\\b' }],
    ['a target beyond its limit', { target: `/${'a'.repeat(17 * 1024)}` }],
    ['a host that holds a path', { host: 'home.example/v1/secret?' }],
    ['a host that holds a user', { host: 'user@home.example' }],
    ['a host that holds a fragment', { host: 'home.example#' }],
    ['a host that is none', { host: '[' }],
    ['a port that is none', { host: 'home.example:99999' }],
    ['a header name that is none', { headers: [['a b', 'c']] }],
    ['a header value that is none', { headers: [['a', 'b\r\nc: d']] }],
    ['a header value beyond bytes', { headers: [['a', '\u2603']] }],
    ['a request id with a line break', { request_id: 'a\r\nb' }],
    ['a request id beyond bytes', { request_id: '\u20ac' }],
    ['a client that is no address', { client: 'a\r\nb' }],
    ['a method that fetch forbids', { method: 'TRACE' }],
  ] as const)('with %s is reset, and the app never sees it', async ([_name, head]) => {
    let asked = 0
    await using served = await greeted({
      fetch() {
        asked += 1
        return new Response('no')
      },
    })
    expect(await answerTo(served.socket, anOpen(1, head))).toEqual({ reset: 'PROTOCOL_ERROR' })
    expect(asked).toBe(0)
    expect(await answerTo(served.socket, anOpen(2))).toMatchObject({ status: 200 })
    const told = served.home.events.filter(({ kind }) => kind === 'error')
    expect(told).toMatchObject([{ place: 'head', error: { name: 'HeadError' } }])
  })

  test.for([
    ['no JSON', 'nonsense'],
    ['no object', []],
    ['no host', { host: undefined }],
    ['a method in lower case', { method: 'get' }],
    ['headers that are none', { headers: [['a']] }],
    ['an upgrade that is none', { upgrade: 'h2c' }],
  ] as const)('whose head is %s is reset, and the others are served', async ([_name, head]) => {
    await using served = await greeted()
    const frame =
      typeof head === 'object' && !Array.isArray(head)
        ? anOpen(1, { ...head })
        : { ...anOpen(1), json: head }
    expect(await answerTo(served.socket, frame)).toEqual({ reset: 'PROTOCOL_ERROR' })
    expect(await answerTo(served.socket, anOpen(2))).toMatchObject({ status: 200 })
  })

  test('by thousands: 1024 reach the app, the others are refused, and it serves on', async () => {
    let asked = 0
    const finish: (() => void)[] = []
    await using served = await greeted({
      fetch() {
        asked += 1
        return new Promise<Response>((resolve) => finish.push(() => resolve(new Response('done'))))
      },
    })
    const all = framesOf(served.socket)
    for (let id = 1; id <= 5_000; id += 500) {
      sendFrames(served.socket, ...Array.from({ length: 500 }, (_, index) => anOpen(id + index)))
    }
    await until(
      'all are answered for',
      () => all.filter(({ type }) => type === 'RESET').length === 5_000 - 1_024,
    )
    expect(asked).toBe(1_024)
    expect(served.home.tunnel.status.open_streams).toBe(1_024)
    for (const one of finish) one()
    await until('all are done', () => all.filter(({ type }) => type === 'HEAD').length === 1_024)
    await until('nothing is open', () => served.home.tunnel.status.open_streams === 0)
  })

  test('that is opened and cancelled without an end is refused in the end, and costs nothing more', async () => {
    let asked = 0
    await using served = await greeted({
      fetch() {
        asked += 1
        return new Promise<Response>(() => {})
      },
    })
    const all = framesOf(served.socket)
    for (let id = 1; id <= 10_000; id += 500) {
      const frames = Array.from({ length: 500 }, (_, index) => [
        anOpen(id + index),
        { type: 'RESET', flags: [], stream: id + index, code: 'CANCEL' } as const,
      ])
      sendFrames(served.socket, ...frames.flat())
      await until('it has answered', () => all.filter(({ type }) => type === 'RESET').length >= id)
    }
    await until('it is told to be calm', () => all.some(({ code }) => code === 'ENHANCE_YOUR_CALM'))
    await until('nothing is open', () => served.home.tunnel.status.open_streams === 0)
    expect(asked).toBeLessThan(5_000)
  })
})

describe('an app that fails', () => {
  const upgrade = (stream: number): FrameText => ({
    ...anOpen(stream, { upgrade: 'websocket' }),
    flags: [],
  })
  const close = '080000000203e8'
  const fail = (): never => {
    throw new Error('bug')
  }

  test.for([
    ['when it starts', { start: fail }],
    ['at a message', { start: () => ({ message: fail, closed() {} }) }],
    ['at the close', { start: () => ({ message() {}, closed: fail }) }],
    ['at everything', { start: () => ({ message: fail, closed: fail, drained: fail }) }],
  ] as const)(
    'with a WebSocket, %s: the stream is over, the tunnel lives',
    async ([_name, accepted]) => {
      await using served = await greeted({
        fetch: () => new Response('home'),
        upgrade: () => Promise.resolve(accepted),
      })
      sendFrames(served.socket, upgrade(1))
      sendFrames(served.socket, { type: 'DATA', flags: [], stream: 1, body: '010000000161' })
      sendFrames(served.socket, { type: 'DATA', flags: ['END'], stream: 1, body: close })
      await until('the stream is over', () => served.home.tunnel.status.open_streams === 0)
      sendFrames(served.socket, upgrade(2), { type: 'RESET', flags: [], stream: 2, code: 'CANCEL' })
      sendFrames(served.socket, upgrade(3))
      sendFrames(served.socket, { type: 'RESET', flags: [], stream: 3, code: 'CANCEL' })
      expect(await answerTo(served.socket, anOpen(4))).toMatchObject({ status: 200 })
      await until('nothing is open', () => served.home.tunnel.status.open_streams === 0)
      expect(served.home.events.filter(({ kind }) => kind === 'disconnected')).toEqual([])
      expect(served.home.events.filter(({ kind }) => kind === 'error').length).toBeGreaterThan(0)
    },
  )

  test('to close a WebSocket with an invalid code gets an error, and may close it with a valid one', async () => {
    const thrown: unknown[] = []
    await using served = await greeted({
      fetch: () => new Response('home'),
      upgrade: () =>
        Promise.resolve({
          start(peer) {
            try {
              peer.close(1006, '')
            } catch (error) {
              thrown.push(error)
            }
            peer.close(1000, 'done')
            return { message() {}, closed() {} }
          },
        }),
    })
    const all = framesOf(served.socket)
    sendFrames(served.socket, upgrade(1))
    await until('it is closed', () => all.some(({ flags }) => flags.includes('END')))
    expect(thrown).toHaveLength(1)
    expect(all.map(({ body }) => body).join('')).toContain('03e8')
  })
})

async function greeted(app?: TunnelApp) {
  const stack = new AsyncDisposableStack()
  let accepted!: (socket: WebSocket) => void
  const first = new Promise<WebSocket>((resolve) => (accepted = resolve))
  const gateway = stack.use(
    await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => {
        sendFrames(socket, HELLO)
        confirmResets(socket)
        accepted(socket)
      })
    }),
  )
  const home = stack.use(aTunnel(gateway.url, app))
  const socket = await first
  await home.event('connected')
  // Their streams stay open in some tests; a planned stop would wait for them.
  stack.defer(() => socket.terminate())
  return { gateway, home, socket, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** As a gateway must: the daemon keeps the slot of a stream that it has reset until then. */
function confirmResets(socket: WebSocket): void {
  socket.on('message', (data: Buffer, isBinary) => {
    for (const frame of isBinary ? readWire(data) : []) {
      if (frame.type !== 'RESET' || frame.flags.includes('ACK')) continue
      sendFrames(socket, { ...frame, flags: ['ACK'] })
    }
  })
}

/** All frames from the daemon, as they come. */
function framesOf(socket: WebSocket): FrameText[] {
  const all: FrameText[] = []
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) all.push(...readWire(data))
  })
  return all
}

/** Opens a stream and returns its head, or how it was reset. */
async function answerTo(socket: WebSocket, open: FrameText): Promise<unknown> {
  const all = framesOf(socket)
  sendFrames(socket, open)
  const find = () =>
    all.find(({ type, stream }) => stream === open.stream && (type === 'HEAD' || type === 'RESET'))
  while (find() === undefined) await once(socket, 'message')
  const frame = find()
  return frame?.type === 'RESET' ? { reset: frame.code } : frame?.json
}
