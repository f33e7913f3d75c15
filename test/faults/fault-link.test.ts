import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { FaultLink } from './fault-link.ts'
import { seededRandom } from '../support/random.ts'

const BYTES = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251))

let server: Server
let link: FaultLink
let taken: Socket[]

beforeEach(async () => {
  taken = []
  // Says it back.
  server = createServer({ allowHalfOpen: true }, (socket) => {
    taken.push(socket)
    socket.on('error', () => {}).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  link = await FaultLink.to((server.address() as AddressInfo).port, seededRandom('link'))
})
afterEach(async () => {
  await link[Symbol.asyncDispose]()
  server.close()
})

async function open(): Promise<Socket> {
  const socket = connect({ port: link.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** @returns what comes back, and after how many milliseconds */
async function echo(): Promise<{ readonly back: Buffer; readonly ms: number }> {
  const socket = await open()
  const startedAt = performance.now()
  socket.end(BYTES)
  return { back: await buffer(socket), ms: performance.now() - startedAt }
}

test.each([
  ['as it is', {}, 0],
  ['late', { delayMs: 100 }, 100],
  ['slow', { bytesPerSecond: 1_000_000 }, 200],
  ['in pieces', { split: 100 }, 0],
])('carries every byte in order: %s', async (_name, shape, leastMs) => {
  Object.assign(link.up.shape, shape)
  const { back, ms } = await echo()
  expect(back.equals(BYTES)).toBe(true)
  expect(ms).toBeGreaterThanOrEqual(leastMs * 0.9)
  expect(link.up.touched).toBe(Object.keys(shape).length === 0 ? 0 : BYTES.length)
})

test('a stall holds what comes, and lets it go on', async () => {
  link.down.shape.stalled = true
  const echoing = echo()
  await until('bytes are held', () => link.down.touched > 0)
  await sleep(100)
  expect(link.down.passed).toBe(0)
  link.down.shape.stalled = false
  expect((await echoing).back.equals(BYTES)).toBe(true)
})

test.each([
  ['reset', 'ECONNRESET'],
  ['fin', undefined],
] as const)('a cut by %s is one at both ends', async (how, code) => {
  const socket = await open()
  socket.write('hello')
  await once(socket, 'data')
  const ends = [socket, taken[0] as Socket].map(
    (end) =>
      new Promise((resolve) => {
        end.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
        end.once('end', () => resolve(undefined))
        end.resume()
      }),
  )
  expect(link.cut(how)).toBe(1)
  expect(await Promise.all(ends)).toEqual([code, code])
  socket.destroy()
  await until('it is forgotten', () => link.connections === 0)
})

test('refuses connections, and counts them', async () => {
  link.refusing = true
  const socket = connect(link.port, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect([error.code, link.refused, link.made]).toEqual(['ECONNRESET', 1, 0])
})
