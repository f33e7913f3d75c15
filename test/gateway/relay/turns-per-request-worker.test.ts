import { afterEach, expect, test, vi } from 'vitest'
import { ConnectionStreams } from '../../../edge-gateway/tunnel/connection/connection-streams.ts'
import { HttpExchange } from '../../../edge-gateway/tunnel/exchange/http-exchange.ts'
import { MessageMemory } from '../../../edge-gateway/tunnel/exchange/message-memory.ts'
import type { Subscribers } from '../../../edge-gateway/tunnel/subscribers/subscribers.ts'
import { TrafficCounts } from '../../../edge-gateway/tunnel/traffic-counts.ts'
import { Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import { STRANGERS } from '../../../protocol/multiplexer/shares.ts'
import { encodeHead } from '../../../protocol/tunnel/heads.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'

afterEach(() => vi.restoreAllMocks())

const REQUEST = { method: 'GET', target: '/a', headers: [], host: 'home.example', scheme: 'https' }
const BODY = new TextEncoder().encode('{"small":true}')
const NOTHING = () => {}
const later = setTimeout

/** The object's side of one connection, and a home that answers each request with a small body at once. */
function aConnection() {
  const sent: Uint8Array[] = []
  const socket = { send: (message: Uint8Array) => sent.push(message.slice()) }
  const streams = new ConnectionStreams({
    socket: socket as unknown as WebSocket,
    attachment: { generation: 1, connectedAt: 0 },
    subscribers: {} as Subscribers,
    counts: new TrafficCounts(undefined, 0),
    hello: NOTHING,
    goAway: NOTHING,
    policy: NOTHING,
  })
  const home = new Multiplexer(
    'acceptor',
    {
      hello: NOTHING,
      open: (stream) =>
        home.respond(stream, encodeHead({ status: 200, headers: [['a', 'b']] }), BODY, true),
      data: NOTHING,
      end: NOTHING,
      reset: NOTHING,
      stopSending: NOTHING,
      writable: NOTHING,
      goAway: NOTHING,
      output: NOTHING,
    },
    { version: PROTOCOL_VERSION, agent: 'home', generation: 1 },
  )
  const signal = vi.fn<() => AbortSignal>(() => new AbortController().signal)
  let requests = 0
  const ask = (body?: Uint8Array): Promise<Response> => {
    requests += 1
    const requestId = `req_${requests}`
    const head = JSON.stringify({ ...REQUEST, request_id: requestId })
    let exchange!: HttpExchange
    const relayed = { requestId, isHead: false, repeat: () => undefined }
    const make = (stream: ConstructorParameters<typeof HttpExchange>[0]) =>
      (exchange = new HttpExchange(stream, relayed, body, signal, new MessageMemory()))
    streams.begin(
      head,
      undefined,
      body === undefined,
      { at: Infinity, afterMs: 1_000 },
      make,
      STRANGERS,
    )
    return exchange.response
  }
  /** Home takes what was sent, and the object what home says to that. Returns home's messages. */
  const exchangeMessages = (): number => {
    for (const message of sent.splice(0)) home.receive(message, 0)
    let messages = 0
    for (let message = home.next(); message !== undefined; message = home.next()) {
      messages += 1
      streams.receive(message, 0)
    }
    return messages
  }
  return { streams, sent, ask, exchangeMessages, signal }
}

async function aGreetedConnection() {
  const connection = aConnection()
  await Promise.resolve()
  connection.exchangeMessages()
  await Promise.resolve()
  connection.sent.length = 0
  return connection
}

test('a lone small request is one message each way and one microtask, without a timer or a signal', async () => {
  const { streams, sent, ask, exchangeMessages, signal } = await aGreetedConnection()
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const microtasks = vi.spyOn(globalThis, 'queueMicrotask')
  for (let request = 0; request < 3; request += 1) {
    const answer = ask()
    expect(sent).toHaveLength(0)
    await Promise.resolve()
    expect(sent).toHaveLength(1)
    expect(microtasks).toHaveBeenCalledTimes(1)
    expect(exchangeMessages()).toBe(1)
    expect(streams.open).toBe(0)
    // Node's own `Response` takes one, the runtime's none.
    microtasks.mockClear()
    expect(await (await answer).json()).toEqual({ small: true })
  }
  expect(sent).toHaveLength(0)
  expect(timers).not.toHaveBeenCalled()
  expect(signal).not.toHaveBeenCalled()
})

test('so is one with a small body', async () => {
  const { streams, sent, ask, exchangeMessages, signal } = await aGreetedConnection()
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const answer = ask(BODY)
  await Promise.resolve()
  expect(sent).toHaveLength(1)
  expect(exchangeMessages()).toBe(1)
  expect(await (await answer).json()).toEqual({ small: true })
  await Promise.resolve()
  expect([sent.length, streams.open]).toEqual([0, 0])
  expect(timers).not.toHaveBeenCalled()
  expect(signal).not.toHaveBeenCalled()
})

test('32 small requests at once are one message each way and one turn', async () => {
  const { sent, ask, exchangeMessages, signal } = await aGreetedConnection()
  const turns = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'queueMicrotask')]
  const answers = Array.from({ length: 32 }, () => ask())
  await new Promise((resolve) => later(resolve, 5))
  expect(sent).toHaveLength(1)
  expect(turns.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBe(1)
  expect(exchangeMessages()).toBe(1)
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(32).fill(200))
  expect(signal).not.toHaveBeenCalled()
})
