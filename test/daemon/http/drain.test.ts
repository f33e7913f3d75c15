import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

/** Well below `drainMs`, well above what a slow machine needs. */
const SOON_MS = HTTP_LIMITS.drainMs / 2

async function connected(at: TestDaemon): Promise<Socket> {
  const socket = connect(at.daemon.addresses.tcp.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function stopping(at: TestDaemon): Promise<number> {
  const started = performance.now()
  await at.daemon.stop()
  return performance.now() - started
}

describe('a stop of the daemon', () => {
  test('does not wait for a connection that never sent anything', async () => {
    await using at = await aDaemon()
    const socket = await connected(at)
    // An answer on another connection: the daemon has taken this one by then.
    expect((await at.get('/health')).status).toBe(200)
    const over = text(socket)
    expect(await stopping(at)).toBeLessThan(SOON_MS)
    expect(await over).toBe('')
  })

  test('does not wait for one that is idle after an answer', async () => {
    await using at = await aDaemon()
    const socket = await connected(at)
    socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    expect(await stopping(at)).toBeLessThan(SOON_MS)
  })

  test('does not wait for what a client that left an event stream keeps open', async () => {
    await using at = await aDaemon()
    const stream = await at.get('/v1/sync/subscribe')
    const reader = stream.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect((await at.get('/v1/threads')).status).toBe(200)
    expect(await stopping(at)).toBeLessThan(SOON_MS)
  })

  test('ends an open event stream whole, and does not wait for its reader', async () => {
    await using at = await aDaemon()
    const stream = await at.get('/v1/sync/subscribe')
    const read = stream.text()
    expect(await stopping(at)).toBeLessThan(SOON_MS)
    expect(await read).toContain('retry:')
  })

  test('waits for a request that is half sent, and answers it', async () => {
    await using at = await aDaemon()
    const socket = await connected(at)
    socket.write('GET /health HTTP/1.1\r\nHost: local')
    expect((await at.get('/health')).status).toBe(200)
    const answer = text(socket)
    const stopped = at.daemon.stop()
    // Longer than it takes to look through the connections.
    setTimeout(() => socket.write('host\r\n\r\n'), 200)
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
    await stopped
  })
})
