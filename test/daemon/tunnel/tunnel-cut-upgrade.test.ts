import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { CHALLENGE_PATH, SUBPROTOCOL } from '../../../protocol/tunnel/version.ts'
import { dial } from '../../../local-daemon/tunnel/dial/dial.ts'
import { anIdentity } from '../../support/test-identity.ts'

test('a gateway that ends a connection after the challenge, without saying so, is connected to at once', async () => {
  const asked = new WeakSet<Socket>()
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL })
  let cut = 0
  const server = createServer((request, response) => {
    expect(request.url).toBe(CHALLENGE_PATH)
    asked.add(request.socket)
    const challenge = randomBytes(48).toString('base64url')
    response.end(JSON.stringify({ object: 'connect_challenge', challenge, edge_time: Date.now() }))
  })
  server.on('upgrade', (request, socket, head) => {
    if (asked.has(request.socket)) {
      cut += 1
      socket.destroy()
    } else upgrades.handleUpgrade(request, socket, head, () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = await dial({
    gatewayUrl: new URL(`http://127.0.0.1:${port}`),
    identity: anIdentity(),
    signal: AbortSignal.timeout(5_000),
  })
  expect(socket.protocol).toBe(SUBPROTOCOL)
  expect(cut).toBe(1)
  socket.terminate()
  server.closeAllConnections()
  server.close()
})
