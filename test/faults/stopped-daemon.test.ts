import { expect, test } from 'vitest'
import { workerSource } from '../support/gateway/gateway-under-test.ts'
import { until } from '../support/until.ts'
import { anArena } from './arena.ts'
import { ask } from '../support/clients/ask.ts'
import { seededRandom } from '../support/random.ts'

/** In place of 45 s and 10 s: how long the daemon may be silent, and how long a request is held, milliseconds. */
const limits = { silenceMs: 4_000, parkMs: 1_500 }
/** What a busy machine may add, milliseconds. */
const ROOM_MS = 4_000

test('a daemon process that is stopped is away after the bound of silence, and comes back by itself when it goes on', async () => {
  const worker = await workerSource({ limits })
  await using arena = await anArena({ random: seededRandom('stopped'), worker })
  const side = { port: arena.clientLink.port, traffic: { underWay: 0 } }
  const authorization = ['authorization', `Bearer ${arena.home.bearer}`] as const
  const asked = async (method: string, body?: string) => {
    const from = performance.now()
    const type = [['content-type', 'application/json'] as const]
    const length = [['content-length', String(body?.length)] as const]
    const headers = [authorization, ...(body === undefined ? [] : [...type, ...length])]
    const path = body === undefined ? '/v1/threads' : '/v1/records'
    const { status, text } = await ask(side, { method, path, headers, ...(body && { body }) })
    return {
      said: `${status} ${/"code":"([A-Z_]+)"/.exec(text)?.[1] ?? ''}`.trim(),
      ms: performance.now() - from,
    }
  }
  expect((await asked('GET')).said).toBe('200')
  process.kill(arena.home.pid, 'SIGSTOP')
  try {
    // What was on its way: a safe request is held and then refused, of another nobody knows what became.
    const record = JSON.stringify({ thread: 'th_tea', act: 'DO', body: {} })
    const [get, post] = await Promise.all([asked('GET'), asked('POST', record)])
    expect(get.said).toBe('503 TUNNEL_OFFLINE')
    expect(get.ms).toBeGreaterThan(limits.silenceMs + limits.parkMs - 1_000)
    expect(get.ms).toBeLessThan(limits.silenceMs + limits.parkMs + ROOM_MS)
    expect(post.said).toBe('502 TUNNEL_INTERRUPTED')
    expect(post.ms).toBeLessThan(limits.silenceMs + ROOM_MS)
    // And who comes later is held no longer than for any daemon that is away.
    const next = await asked('GET')
    expect(next.said).toBe('503 TUNNEL_OFFLINE')
    expect(next.ms).toBeLessThan(limits.parkMs + ROOM_MS)
  } finally {
    process.kill(arena.home.pid, 'SIGCONT')
  }
  await until('it is served again', async () => (await asked('GET')).said === '200')
  expect(arena.tunnelLink.made).toBe(2)
})
