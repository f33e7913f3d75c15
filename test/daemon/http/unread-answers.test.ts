import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDaemon, aDraft, overSocket, type TestDaemon } from '../../support/daemon/a-daemon.ts'

/** How soon the owner is answered, whatever the others leave unread, milliseconds. */
const SOON_MS = 1_000
/** What 400 readers who take nothing may cost the process, bytes: what is on its way to each, and what all share. */
const MEMORY_BYTES = 320 * 1024 * 1024
const READERS = 400
const MEBIBYTE_TEXT = 'x'.repeat(1_000_000)

let at: TestDaemon
let reader: string
let recordPath: string
/** Of the process before anybody asks, bytes. */
let before: number

beforeAll(async () => {
  at = await aDaemon()
  for (let count = 0; count < 40; count += 1) {
    const draft = aDraft({ thread: 'th_big', clock: count + 1, body: { text: MEBIBYTE_TEXT } })
    recordPath = `/v1/records/${(await at.daemon.store.append(draft)).record.id}`
  }
  reader = await at.tokenWith('records:read')
  // What is measured is not the first request of a process.
  for (let count = 0; count < 5; count += 1) {
    await (await at.get(recordPath)).arrayBuffer()
    await overSocket(at.daemon.addresses.socket, '/health')
  }
  before = process.memoryUsage().rss
})
afterAll(() => at[Symbol.asyncDispose]())

/** Connections that ask, and read nothing of the answer. */
async function unread(
  path: string,
  by: 'port' | 'socket',
  accept = '*/*',
): Promise<AsyncDisposable> {
  const { tcp, socket: unixPath } = at.daemon.addresses
  const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${reader}\r\nAccept: ${accept}\r\n\r\n`
  const sockets: Socket[] = []
  while (sockets.length < READERS) {
    const some = Array.from({ length: 100 }, () =>
      by === 'port' ? connect(tcp.port, '127.0.0.1') : connect(unixPath),
    )
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    sockets.push(...some)
  }
  for (const socket of sockets) socket.on('error', () => {}).write(head)
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await sleep(50)
    },
  }
}

test.each<[string, string | undefined, 'port' | 'socket', string?]>([
  ['lists', '/v1/threads/th_big/records?limit=1000', 'port'],
  ['lists over the Unix socket', '/v1/threads/th_big/records?limit=1000', 'socket'],
  ['changes', '/v1/sync/changes?limit=10000', 'port'],
  ['exports', '/v1/sync/changes', 'port', 'application/x-ndjson'],
  ['records', undefined, 'port'],
  ['event streams', '/v1/sync/subscribe', 'port'],
])(
  'what 400 readers of %s do not take is bounded, and the owner is answered within a second',
  { timeout: 60_000 },
  async (_what, path, by, accept) => {
    await using _unread = await unread(path ?? recordPath, by, accept)
    await sleep(200)
    const waits: number[] = []
    const timed = async (ask: () => Promise<{ readonly status: number }>) => {
      const from = performance.now()
      expect((await ask()).status).toBe(200)
      waits.push(performance.now() - from)
    }
    await timed(() => at.get('/v1/identity'))
    await timed(() => overSocket(at.daemon.addresses.socket, '/v1/threads?limit=10'))
    // A list of the owner's own has its turn too.
    await timed(() => at.get('/v1/threads/th_big/records?limit=1'))
    for (let look = 0; look < 20; look += 1) {
      await sleep(100)
      await timed(() => at.get('/v1/identity'))
    }
    const grown = process.memoryUsage().rss - before
    expect(Math.max(...waits)).toBeLessThan(SOON_MS)
    expect(grown).toBeLessThan(MEMORY_BYTES)
  },
)
