import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { aRealHome } from '../../support/daemon/a-real-home.ts'

/** How soon the owner is answered, whatever the others leave unread, milliseconds. */
const SOON_MS = 1_000
/** What the readers may cost home, bytes: what is on its way to each, and what all share. */
const MEMORY_BYTES = 320 * 1024 * 1024
const READERS = 400

test(
  'lists that 400 clients of the gateway do not read are bounded at home, and the owner is answered within a second',
  { timeout: 60_000 },
  async () => {
    await using home = await aRealHome()
    for (let count = 0; count < 40; count += 1) await home.append('th_big', 1_000_000)
    const { accounts } = home.daemon().access
    const request = { name: 'reader', scopes: ['records:read'] as const }
    const { token } = await accounts.createWithToken(request, null)
    await (await home.ask('/v1/threads/th_big/records?limit=2')).arrayBuffer()
    const before = process.memoryUsage().rss
    const { port } = home.gateway
    const sockets: Socket[] = []
    while (sockets.length < READERS) {
      const some = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'))
      await Promise.all(some.map((socket) => once(socket, 'connect')))
      sockets.push(...some)
    }
    const head = `GET /v1/threads/th_big/records?limit=1000 HTTP/1.1\r\nHost: ${new URL(home.gateway.origin).host}\r\nAuthorization: Bearer ${token}\r\n\r\n`
    for (const socket of sockets) socket.on('error', () => {}).write(head)
    await sleep(200)
    const waits: number[] = []
    for (let look = 0; look < 15; look += 1) {
      const from = performance.now()
      const answer = await home.ask('/v1/threads?limit=10')
      expect(answer.status).toBe(200)
      await answer.arrayBuffer()
      waits.push(performance.now() - from)
      await sleep(100)
    }
    // A large list of the owner's own has its turn too.
    const list = await home.ask('/v1/threads/th_big/records?limit=2')
    expect((await list.arrayBuffer()).byteLength).toBeGreaterThan(2_000_000)
    const grown = process.memoryUsage().rss - before
    for (const socket of sockets) socket.destroy()
    expect(Math.max(...waits)).toBeLessThan(SOON_MS)
    expect(grown).toBeLessThan(MEMORY_BYTES)
  },
)
