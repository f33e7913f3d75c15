import { afterEach, expect, test, vi } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { until } from '../../support/until.ts'
import { rawClient } from '../../support/clients/front-clients.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

/** The clock that uploads are watched by; sockets and everything else keep the real one. */
const CLOCK = ['setInterval', 'clearInterval', 'performance'] as const
const HALF_SECOND = 500

afterEach(() => {
  vi.useRealTimers()
})

function upload(at: TestDaemon, path: string, half: string) {
  return rawClient(
    at.daemon.addresses.tcp.port,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${at.bearer}\r\n` +
      `Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\n${half}`,
  )
}

const second = (at: TestDaemon) =>
  at
    .post('/v1/connection/upload', 'x', { 'content-type': 'application/octet-stream' })
    .then(({ status }) => status)

test('an upload that falls silent gets a 408 after 30 s and is cut, and its account may upload again', async () => {
  await using at = await aDaemon()
  vi.useFakeTimers({ toFake: [...CLOCK] })
  const client = upload(at, '/v1/connection/upload', 'half')
  await until('it is under way', async () => (await second(at)) === 429)
  vi.advanceTimersByTime(HTTP_LIMITS.bodySilenceMs - 2 * HALF_SECOND)
  expect([await second(at), client.text()]).toEqual([429, ''])
  vi.advanceTimersByTime(3 * HALF_SECOND)
  expect(await client.over).toMatch(/^HTTP\/1\.1 408 [^]*"code":"REQUEST_TIMEOUT"/)
  client.socket.destroy()
  await until('its place is free', async () => (await second(at)) === 200)
})

test('a slow upload is not cut', async () => {
  await using at = await aDaemon()
  vi.useFakeTimers({ toFake: [...CLOCK] })
  const client = upload(at, '/v1/connection/upload', 'half')
  await until('it is under way', async () => (await second(at)) === 429)
  for (let times = 0; times < 4; times += 1) {
    vi.advanceTimersByTime(HTTP_LIMITS.bodySilenceMs - 2 * HALF_SECOND)
    client.socket.write('x')
    await until('it has come', async () => (await second(at)) === 429)
    vi.advanceTimersByTime(HALF_SECOND)
  }
  client.socket.write('x'.repeat(1000 - 4 - 4))
  await until('it is answered', () => client.text().includes('200 OK'))
  client.socket.destroy()
})
