import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { bundleWorker } from '../../../local-daemon/gateway/worker-bundle.ts'
import {
  aHomeWithIdentity,
  type HomeWithIdentity,
} from '../../support/daemon/a-home-with-identity.ts'
import { until } from '../../support/until.ts'
import {
  descriptorsOf,
  destroyAll,
  rawClient,
  type RawClient,
} from '../../support/clients/front-clients.ts'
import { nothingRuns } from '../../support/processes-of.ts'
import { closeOf, closesIn, frameOf, handshakeOf } from './web-socket-frames.ts'

/** Echoes what it is told, and tells how each WebSocket ended; at /goodbye it closes at once. */
const WORKER = `
  export class TunnelObject { fetch() { return new Response('object') } }
  const ends = []
  export default { async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/ends') return Response.json(ends.splice(0))
    const { 0: client, 1: server } = new WebSocketPair()
    server.binaryType = 'arraybuffer'
    server.accept()
    server.addEventListener('message', ({ data }) => server.send(data))
    server.addEventListener('close', ({ code }) => { ends.push(code); try { server.close(code) } catch {} })
    if (pathname === '/goodbye') { server.send('why'); server.close(4401, 'AUTH_REVOKED') }
    return new Response(null, { status: 101, webSocket: client })
  } }
`
const CLOSE_MS = 500
const UNFINISHED = 8 * 1024 * 1024

let home: HomeWithIdentity
let gateway: Gateway

beforeAll(async () => {
  home = aHomeWithIdentity()
  gateway = await startGateway({
    ownerDid: home.ownerDid,
    worker: await bundleWorker({ contents: WORKER, resolveDir: '/' }),
    directory: join(home.path, 'gateway'),
    limits: { webSocketCloseMs: CLOSE_MS, webSocketUnfinishedBytes: UNFINISHED },
    onLog: () => {},
  })
})

afterAll(async () => {
  await gateway.stop()
  await nothingRuns(home.path)
  home[Symbol.dispose]()
})

/** An open WebSocket. */
async function opened(path = '/ws'): Promise<RawClient> {
  const client = rawClient(gateway.port, handshakeOf(path))
  await until('the handshake', () => client.text().includes('\r\n\r\n'))
  expect(client.text()).toMatch(/^HTTP\/1\.1 101 /)
  return client
}

async function endOf(sent: Uint8Array): Promise<number[]> {
  const client = await opened()
  client.socket.write(sent)
  const answer = await client.over
  client.socket.destroy()
  return closesIn(answer)
}

const bytes = (count: number) => Buffer.alloc(count, 'a')

describe('a WebSocket’s client that breaks the rules gets a close code, and is cut', () => {
  test.for([
    ['a frame without a mask', frameOf(1, 'a', { masked: false }), 1002],
    ['a ping without a mask', frameOf(9, 'a', { masked: false }), 1002],
    ['a reserved bit', frameOf(1, 'a', { reserved: 4 }), 1002],
    ['a reserved bit of a ping', frameOf(9, 'a', { reserved: 1 }), 1002],
    ['an opcode that is none', frameOf(3, 'a'), 1002],
    ['a control opcode that is none', frameOf(11, 'a'), 1002],
    ['a ping of 126 bytes', frameOf(9, bytes(126)), 1002],
    ['a ping in pieces', frameOf(9, 'a', { fin: false }), 1002],
    ['a continuation of nothing', frameOf(0, 'a'), 1002],
    [
      'a message in the middle of another',
      Buffer.concat([frameOf(1, 'a', { fin: false }), frameOf(1, 'b')]),
      1002,
    ],
    ['a length below zero', frameOf(1, '', { says: 2n ** 63n }), 1002],
    ['a length that is longer than it need be', frameOf(1, 'aa', { says: 2n }), 1002],
    ['a text that is no UTF-8', frameOf(1, Buffer.from([0xff, 0xfe])), 1007],
    [
      'a text that ends within a character',
      Buffer.concat([frameOf(1, Buffer.from([0xe2, 0x82]), { fin: false }), frameOf(0, '')]),
      1007,
    ],
    ['a message that says it is of 32 MB', frameOf(2, '', { says: 32n * 1024n * 1024n }), 1009],
    [
      'a message of 2 MB in pieces',
      Buffer.concat([
        frameOf(2, bytes(1_000_000), { fin: false }),
        frameOf(0, bytes(1_000_000), { fin: false }),
      ]),
      1009,
    ],
    [
      'a message of empty pieces without an end',
      Buffer.concat([
        frameOf(1, '', { fin: false }),
        ...Array.from({ length: 20_000 }, () => frameOf(0, '', { fin: false })),
      ]),
      1009,
    ],
    ['a close of one byte', frameOf(8, Buffer.from([3])), 1002],
    ['a close of 126 bytes', closeOf(1000, bytes(124)), 1002],
    ['a close whose reason is no UTF-8', closeOf(1000, Buffer.from([0xff])), 1007],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
      (code) => [`a close with the code ${code}`, closeOf(code), 1002] as const,
    ),
  ] as const)('%s', async ([_what, sent, told]) => {
    expect(await endOf(sent)).toEqual([told])
  })
})

test('what is allowed passes a WebSocket, in any pieces', async () => {
  const client = await opened()
  const text = 'tea ☕ and 🫖'
  const whole = Buffer.from(text)
  const sent = Buffer.concat([
    frameOf(1, whole.subarray(0, 5), { fin: false }),
    frameOf(9, 'still there'),
    frameOf(0, whole.subarray(5, 16), { fin: false }),
    frameOf(0, whole.subarray(16)),
    frameOf(2, bytes(1_000_000)),
    frameOf(2, Buffer.from([0xff])),
    closeOf(3000, 'done'),
  ])
  for (const byte of sent.subarray(0, 100)) {
    client.socket.write(Buffer.from([byte]))
    await sleep(1)
  }
  client.socket.write(sent.subarray(100))
  const answer = await client.over
  client.socket.destroy()
  const told = Buffer.from(answer, 'latin1').toString()
  expect(told).toContain(text)
  expect(answer).toContain('\x8a\x0bstill there')
  expect(answer.length).toBeGreaterThan(1_000_000)
  expect(closesIn(answer)).toEqual([3000])
})

test.for([3000, 4999, 1000, 1001, 1003, 1007, 1011, 1012, 1014])(
  'a close with the code %i is answered with it',
  async (code) => {
    expect(await endOf(closeOf(code))).toEqual([code])
  },
)

test('a message before a frame that breaks the rules still gets its answer or none, and home hears of no clean end', async () => {
  await (await fetch(`http://localhost:${gateway.port}/ends`)).json()
  expect(await endOf(Buffer.concat([frameOf(1, 'hello'), closeOf(1015)]))).toEqual([1002])
  await until('the Worker knows', async () => {
    const ends = (await (await fetch(`http://localhost:${gateway.port}/ends`)).json()) as number[]
    return ends.length > 0 && ends.every((code) => code === 1006)
  })
})

describe('a WebSocket that the gateway has closed', () => {
  test('is gone in a few seconds, even if its client keeps sending', async () => {
    const before = descriptorsOf(process.pid)
    const silent = await Promise.all(Array.from({ length: 20 }, () => opened('/goodbye')))
    const sending = await opened('/goodbye')
    const drip = setInterval(() => sending.socket.write(frameOf(9, 'a')), 50)
    const from = performance.now()
    await until('all are cut', () => [...silent, sending].every(({ isClosed }) => isClosed()))
    clearInterval(drip)
    expect(performance.now() - from).toBeLessThan(CLOSE_MS * 4)
    for (const client of silent) expect(closesIn(client.text())).toEqual([4401])
    destroyAll([...silent, sending])
    await until('their descriptors are free', () => descriptorsOf(process.pid) <= before + 3)
  })

  test('ends at once for a client that answers', async () => {
    const client = await opened('/goodbye')
    const before = performance.now()
    client.socket.write(closeOf(4401))
    client.socket.end()
    expect(closesIn(await client.over)).toEqual([4401])
    expect(performance.now() - before).toBeLessThan(CLOSE_MS)
    client.socket.destroy()
  })

  test('takes as little of its client as of any other', async () => {
    const client = await opened('/goodbye')
    await until('the gateway has closed it', () => closesIn(client.text()).length > 0)
    client.socket.write(frameOf(2, '', { says: 31n * 1024n * 1024n }))
    await client.over
    expect(closesIn(client.text())[0]).toBe(4401)
    client.socket.destroy()
  })
})

test('unfinished messages of all clients together are bounded: the oldest is closed, a new one is not', async () => {
  const some = Buffer.concat([frameOf(2, bytes(1_000_000), { fin: false })])
  const clients: RawClient[] = []
  for (let count = 0; count < 20; count += 1) {
    const client = await opened()
    clients.push(client)
    client.socket.write(some)
    await until('it has gone', () => client.socket.writableLength === 0)
  }
  const [first] = clients
  await until('the oldest is cut', () => closesIn(first?.text() ?? '').includes(1009))
  const last = clients.at(-1)
  last?.socket.write(frameOf(0, 'b'))
  await until('the newest is answered', () => (last?.text().length ?? 0) > 1_000_000)
  await until('twelve are cut', () => clients.filter(({ isClosed }) => isClosed()).length >= 12)
  destroyAll(clients)
})
