import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Tunnel } from '../../../local-daemon/tunnel/tunnel.ts'
import { aScriptedGateway } from '../../support/gateway/scripted-gateway.ts'
import { aTeam, type Team } from '../../support/gateway/a-team.ts'
import {
  BASE,
  startOnWorkerd,
  type GatewayUnderTest,
} from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { knock } from '../../support/wire/raw-tunnel.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'
import { REGISTRY_PATH } from '../../../protocol/identity/registry-request.ts'
import { registryAt } from '../../support/gateway/registry-at.ts'

const identity = anIdentity()
let owners: GatewayUnderTest
let team: Team

beforeAll(async () => {
  owners = await startOnWorkerd({ ownerDid: identity.did })
  team = await aTeam(startOnWorkerd)
})
afterAll(async () => {
  await owners[Symbol.asyncDispose]()
  await team[Symbol.asyncDispose]()
})

/** Passes every byte on to another gateway, both ways, and so its challenges and its answers. */
async function aRelay(to: number): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(to, '127.0.0.1')
    for (const [socket, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => other.destroy())
      socket.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

describe('a hostile gateway that passes on, byte for byte, what home says to it', () => {
  test.for(['127.0.0.1', 'localhost'])(
    "as %s does not become home at the owner's other gateway",
    async (name) => {
      await using relay = await aRelay(owners.port)
      const states: string[] = []
      const tunnel = new Tunnel({
        gatewayUrl: `http://${name}:${relay.port}`,
        identity,
        app: new HomeApp(),
        agent: 'test/1',
        onEvent: (event) => {
          states.push(event.kind === 'disconnected' ? event.reason : event.kind)
        },
      })
      await until('the other gateway has answered', () => states.length > 0)
      await tunnel.stop()
      expect(states[0]).toContain('HOSTNAME_UNKNOWN')
      expect(states).not.toContain('connected')
    },
  )

  test("asks nothing in the admin's name at the admin's other gateway", async () => {
    await using relay = await aRelay(team.gateway.port)
    const asked = registryAt(`http://${BASE}.evil.test:${relay.port}`, team.admin)
    await expect(asked.get(`${REGISTRY_PATH}/hostnames`)).rejects.toMatchObject({
      code: 'HOSTNAME_UNKNOWN',
    })
    const own = registryAt(`http://${BASE}:${team.gateway.port}`, team.admin)
    expect(await own.get(`${REGISTRY_PATH}/hostnames`)).toMatchObject({ data: [] })
  })
})

describe('what home has signed for a gateway that tells it another time', () => {
  test('opens the door of no gateway of that name at that time', async () => {
    const later = Date.now() + 3_600_000
    const signed: Record<string, string>[] = []
    let port: number
    {
      await using hostile = await aScriptedGateway(({ request, socket }) => {
        const { signature, 'signature-input': input } = request.headers
        signed.push({ signature: String(signature), 'signature-input': String(input) })
        const problem = {
          object: 'error',
          code: 'CONNECT_PROOF_CLOCK',
          message: 'another time',
          hop: 'gateway',
          edge_time: later,
        }
        socket.end(`HTTP/1.1 401 x\r\nconnection: close\r\n\r\n${JSON.stringify(problem)}`)
      })
      port = Number(new URL(hostile.url).port)
      const tunnel = new Tunnel({
        gatewayUrl: `http://localhost:${port}`,
        identity,
        app: new HomeApp(),
        agent: 'test/1',
        random: () => 0,
      })
      const waits = () => tunnel.status.state === 'waiting'
      await until('home has tried again or given up', () => signed.length > 1 || waits())
      await tunnel.stop()
    }
    await using clean = await startOnWorkerd({
      ownerDid: identity.did,
      port,
      movableClock: true,
    })
    const clock = { 'x-test-clock': String(later - Date.now()) }
    await fetch(clean.origin, { headers: clock })
    expect(signed.length).toBeGreaterThan(0)
    for (const fields of signed) {
      const { status, socket } = await knock(clean.port, fields)
      socket?.terminate()
      expect(status).toBe(401)
    }
  })
})
