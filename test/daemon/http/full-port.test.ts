import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { connectionsFor } from '../../../local-daemon/http/connection/connections-for.ts'
import { openFilesLimit } from '../../../local-daemon/process/open-files.ts'
import { makeRoom } from '../../../local-daemon/http/connection/make-room.ts'
import { destroyAll, manyClients, rawClient } from '../../support/clients/front-clients.ts'
import { until } from '../../support/until.ts'
import { aDaemon, overSocket } from '../../support/daemon/a-daemon.ts'

const ASK = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'

test('the maximum of idle connections does not block the port for others', async () => {
  await using at = await aDaemon()
  const { tcp, socket } = at.daemon.addresses
  const all = await manyClients(connectionsFor(openFilesLimit()), tcp.port, ASK)
  try {
    await until('it has come to that', () => all.every(({ text }) => text().includes('200 OK')))
    const late = rawClient(tcp.port, ASK)
    await until('it has come to that', () => late.text().includes('200 OK'))
    expect(all.filter(({ isClosed }) => isClosed()).length).toBeGreaterThanOrEqual(1)
    expect((await overSocket(socket, '/health')).status).toBe(200)
    destroyAll([late])
  } finally {
    destroyAll(all)
  }
})

test('the one that has been idle longest makes room, and none that waits for an answer', async () => {
  const answers: (() => void)[] = []
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/slow') answers.push(() => outgoing.end('slow'))
    else outgoing.end('fast')
  })
  makeRoom(server, 2)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const slow = rawClient(port, ASK.replace('/health', '/slow'))
  await until('it has come to that', () => answers.length === 1)
  const idle = rawClient(port, ASK)
  await until('it has come to that', () => idle.text().endsWith('fast'))
  const next = rawClient(port, ASK.replace('/health', '/slow'))
  await until('it has come to that', () => answers.length === 2)
  await until('it has come to that', () => idle.isClosed())
  const refused = rawClient(port, ASK)
  await until('it has come to that', () => refused.isClosed())
  for (const answer of answers) answer()
  await until(
    'it has come to that',
    () => slow.text().endsWith('slow') && next.text().endsWith('slow'),
  )
  destroyAll([slow, next])
  server.close()
})

test('where few files may be open, descriptors are left for the socket and the store', () => {
  expect(connectionsFor(undefined)).toBe(HTTP_LIMITS.connections)
  expect(connectionsFor(1_024)).toBe(1_024 - HTTP_LIMITS.spareDescriptors)
})
