import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { until } from '../../support/until.ts'
import { destroyAll, rawClient } from '../../support/clients/front-clients.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const ASK = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

let at: TestDaemon
let port: number

beforeAll(async () => {
  at = await aDaemon()
  port = at.daemon.addresses.tcp.port
})
afterAll(() => at[Symbol.asyncDispose]())

test('20 connections that ask and ask, and read nothing, keep no new connection waiting', async () => {
  const flood = ASK('/nope').repeat(20_000)
  const sockets: Socket[] = []
  for (let count = 0; count < 20; count += 1) sockets.push(connect(port, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  for (const socket of sockets) socket.on('error', () => {}).write(flood)
  try {
    for (let times = 0; times < 5; times += 1) {
      const from = performance.now()
      const late = rawClient(port, ASK('/health'))
      await until('the new one is answered', () => late.text().includes('200 OK'))
      expect(performance.now() - from).toBeLessThan(1_000)
      late.socket.destroy()
    }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})

test('as many requests as may be sent ahead are answered in order, and the connection stays', async () => {
  const { pipelined } = HTTP_LIMITS
  const paths = Array.from({ length: pipelined }, (_, count) => `/nope/${count}`)
  const client = rawClient(port, paths.map(ASK).join(''))
  const answers = () => client.text().match(/HTTP\/1\.1 404/g)?.length ?? 0
  await until('all are answered', () => answers() === pipelined)
  client.socket.write(ASK('/health'))
  await until('it can be used further', () => client.text().includes('200 OK'))
  destroyAll([client])
})

test('one that sends more ahead gets those answers, is told that the connection closes, and is closed', async () => {
  const client = rawClient(port, ASK('/nope').repeat(2 * HTTP_LIMITS.pipelined))
  const text = await client.over
  const answers = text.match(/HTTP\/1\.1 404/g)?.length ?? 0
  expect(answers).toBeGreaterThanOrEqual(HTTP_LIMITS.pipelined)
  expect(answers).toBeLessThan(2 * HTTP_LIMITS.pipelined)
  expect(text.match(/connection: close/gi)?.length).toBe(1)
  expect(text.endsWith('}')).toBe(true)
})
