import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { scopeBits, type EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import { encodeFrame, FRAME } from '../../../protocol/tunnel/frame.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import {
  startOnWorkerd,
  workerSource,
  type GatewayUnderTest,
} from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { HomePolicy } from '../../support/daemon/home-policy.ts'
import { ending } from '../../support/clients/open-socket.ts'
import { aRawHome } from '../../support/wire/raw-home.ts'
import { send, type Answer, type Sending } from '../../support/clients/send.ts'
import { anIdentity, bearerBy, tokenIdOf } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'
import { policyBytes, policyOfSize } from '../../support/wire/mux-end.ts'
import type { FrameText } from '../../support/wire/wire-text.ts'

const identity = anIdentity()
const aBearer = () => bearerBy(identity, 'sa_01jd3k7w2q')
const good = aBearer()
const reader = aBearer()
const revoked = aBearer()

const tokens: EdgePolicy['tokens'] = {
  [tokenIdOf(good)]: { scopes: scopeBits(['admin']) },
  [tokenIdOf(reader)]: { scopes: scopeBits(['records:read']) },
}

const asking = (port: number, bearer: string, sending: Sending = {}): Promise<Answer> =>
  send(port, {
    path: '/v1/records',
    ...sending,
    headers: [['authorization', `Bearer ${bearer}`], ...(sending.headers ?? [])],
  })
const codeOf = async (answer: Promise<Answer>): Promise<string> => {
  const { status, text } = await answer
  return `${status} ${/"code":"([A-Z_]+)"/.exec(text)?.[1] ?? ''}`
}

function sendPolicy(socket: WebSocket, payload: Uint8Array): void {
  socket.send(encodeFrame({ type: FRAME.POLICY, flags: 0, stream: 0, payload }))
}

const acks = (frames: readonly FrameText[]) =>
  frames.filter(({ type }) => type === 'POLICY_ACK').map(({ version }) => version)

describe('a policy that is kept', () => {
  let directory: string
  let gateway: Gateway

  const start = async () => {
    const worker = await workerSource({ movableClock: true })
    gateway = await startGateway({ ownerDid: identity.did, directory, worker, onLog: () => {} })
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'spl-policy-'))
    await start()
  })
  afterAll(async () => {
    await gateway.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  /** What the edge says by itself, and what needs home. */
  const expectDecided = async () => {
    const body = 'x'.repeat(1001)
    const headers = [['content-length', String(body.length)]] as const
    const { port } = gateway
    expect(await codeOf(asking(port, revoked))).toBe('401 AUTH_INVALID')
    expect(await codeOf(asking(port, reader, { path: '/v1/tokens' }))).toBe('403 SCOPE_FORBIDDEN')
    const sending = { path: '/v1/invites', method: 'POST', headers, body }
    expect(await codeOf(asking(port, good, sending))).toBe('413 BODY_TOO_LARGE')
    expect(await codeOf(asking(port, good))).toBe('503 TUNNEL_OFFLINE')
    expect(await codeOf(asking(port, reader))).toBe('503 TUNNEL_OFFLINE')
  }

  test('holds while home is away, and after a restart of the gateway', async () => {
    const policy = new HomePolicy()
    const limits = { token_per_second: 1000, token_burst: 1000, body_bytes: 1000 }
    const version = policy.set({ tokens, limits })
    const home = await connectHome(gateway.url, identity, new HomeApp(), policy.bytes)
    await until('it is kept', () => home.tunnel.status.policy_version === version)
    expect(home.events.at(-1)).toEqual({ kind: 'policy-acked', version })
    expect(await codeOf(asking(gateway.port, good))).toBe('200 ')
    await home.tunnel.stop()
    expect(home.tunnel.status.policy_version).toBeNull()
    // Long enough that nobody waits for it any more.
    let ahead = 0
    const later = () => setGatewayClock(gateway.port, (ahead += 2 * LIMITS.parkAwayMs))
    await until('home is away', async () => {
      await later()
      return (await asking(gateway.port, good)).status === 503
    })
    await later()
    await expectDecided()
    await gateway.stop()
    await start()
    await later()
    // Also since when it is away: a clock that stands would let nobody wait to the end.
    await setGatewayClock(gateway.port, 'still')
    await expectDecided()
  })

  test('is sent again on the next connect, even if the gateway has one', async () => {
    const policy = new HomePolicy()
    policy.set({ tokens })
    const version = policy.set({ tokens: {} })
    await using home = await connectHome(gateway.url, identity, new HomeApp(), policy.bytes)
    await until('it is kept', () => home.tunnel.status.policy_version === version)
    expect(await codeOf(asking(gateway.port, good))).toBe('401 AUTH_INVALID')
  })
})

describe('a daemon', () => {
  let gateway: GatewayUnderTest

  beforeAll(async () => {
    gateway = await startOnWorkerd({ ownerDid: identity.did })
  })
  afterAll(() => gateway[Symbol.asyncDispose]())

  const kept = async (bytes: Uint8Array, version: number) => {
    const { socket, frames } = await aRawHome(gateway.port, identity)
    sendPolicy(socket, bytes)
    await until('it is kept', () => acks(frames).includes(version))
    return { socket, frames }
  }

  test('that never sent a policy is asked about everything', async () => {
    const app = new HomeApp()
    await using home = await connectHome(gateway.origin, identity, app)
    expect(await codeOf(asking(gateway.port, revoked))).toBe('200 ')
    expect(app.seen).toHaveLength(1)
    expect(home.tunnel.status.policy_version).toBeNull()
  })

  test('whose tunnel cannot send its policy stays connected, and says so', async () => {
    const nonsense = () => new TextEncoder().encode('nonsense')
    await using home = await connectHome(gateway.origin, identity, new HomeApp(), nonsense)
    const errors = home.events.flatMap((event) => (event.kind === 'error' ? [event.error] : []))
    expect(errors).toEqual([expect.any(TypeError)])
    expect(await codeOf(asking(gateway.port, good))).toBe('200 ')
  })

  const large = (bytes: number) => policyOfSize(9, bytes)

  test('may send as much as the limit', async () => {
    const { socket } = await kept(large(LIMITS.policyBytes), 9)
    expect(socket.readyState).toBe(socket.OPEN)
    socket.terminate()
  })

  test.for([
    ['noise', () => Buffer.alloc(1000, 0xa5)],
    ['nothing', () => Buffer.alloc(0)],
    ['another JSON', () => Buffer.from('{"version":9}')],
    ['one byte over the limit', () => large(LIMITS.policyBytes + 1)],
    ['an origin with a line break', () => policyBytes(9, { origins: ['https://a\r\nb'] })],
    ['an origin beyond ASCII', () => policyBytes(9, { origins: ['https://b\u00fccher.example'] })],
    ['an endless origin', () => policyBytes(9, { origins: ['x'.repeat(271)] })],
    [
      'scopes beyond 31 bits',
      () => policyBytes(9, { tokens: { ['0a'.repeat(32)]: { scopes: 2 ** 31 } } }),
    ],
    ['a token by another name', () => policyBytes(9, { tokens: { [good]: { scopes: 1 } } })],
  ] as const)(
    'that sends %s as its policy is cut off, and the last good one stands',
    async ([_name, payload]) => {
      const { socket } = await kept(policyBytes(1, { tokens }), 1)
      const end = ending(socket)
      sendPolicy(socket, payload())
      expect((await end).code).toBe(1002)
      expect(await codeOf(asking(gateway.port, revoked))).toBe('401 AUTH_INVALID')
      const passes = asking(gateway.port, good)
      await using _home = await connectHome(gateway.origin, identity, new HomeApp())
      expect(await codeOf(passes)).toBe('200 ')
    },
  )

  test('that acknowledges a policy itself is cut off', async () => {
    const { socket } = await aRawHome(gateway.port, identity)
    const end = ending(socket)
    socket.send(
      encodeFrame({ type: FRAME.POLICY_ACK, flags: 0, stream: 0, payload: new Uint8Array(8) }),
    )
    expect((await end).code).toBe(1002)
  })

  test('that was replaced changes nothing, not even when its successor is gone', async () => {
    const old = await aRawHome(gateway.port, identity)
    const pending = asking(gateway.port, good, { path: '/pending' })
    await until('the old one has a request', () => old.frames.some(({ type }) => type === 'OPEN'))
    const young = await kept(policyBytes(1, { tokens }), 1)
    sendPolicy(old.socket, policyBytes(2, { tokens: {} }))
    // Answered in order: with the answer to this, the policy before it was read.
    const ping = (id: number) => {
      const payload = new Uint8Array(8).fill(id)
      old.socket.send(encodeFrame({ type: FRAME.PING, flags: 0, stream: 0, payload }))
      return until('the old one is heard', () => {
        return old.frames.filter(({ type }) => type === 'PING').length === id
      })
    }
    await ping(1)
    const probe = asking(gateway.port, good, { method: 'POST', path: '/probe' })
    await until('good passes', () => young.frames.some(({ type }) => type === 'OPEN'))
    young.socket.terminate()
    // It is gone: what came to it and may not be sent twice has failed.
    expect((await probe).status).toBe(502)
    sendPolicy(old.socket, policyBytes(3, { tokens: {} }))
    await ping(2)
    expect(await codeOf(asking(gateway.port, revoked))).toBe('401 AUTH_INVALID')
    expect(acks(old.frames)).toEqual([])
    const passes = asking(gateway.port, good)
    old.socket.terminate()
    await using _home = await connectHome(gateway.origin, identity, new HomeApp())
    expect(await codeOf(passes)).toBe('200 ')
    expect(await codeOf(pending)).toBe('200 ')
  })

  test('hears of no request of a revoked token behind the acknowledgement', async () => {
    const { socket, frames } = await kept(
      policyBytes(1, { tokens: { [tokenIdOf(good)]: { scopes: 0 } } }),
      1,
    )
    let over = false
    const outcomes: Promise<void>[] = []
    const clients = Array.from({ length: 20 }, async () => {
      while (!over) {
        // Nobody answers those that pass: each leaves its place to the next one.
        outcomes.push(
          asking(gateway.port, good, { path: '/x' }).then(
            () => {},
            () => {},
          ),
        )
        await new Promise((resolve) => setImmediate(resolve))
        if (outcomes.length > 700) over = true
      }
    })
    await until('requests arrive', () => frames.filter(({ type }) => type === 'OPEN').length > 20)
    sendPolicy(socket, policyBytes(2, { tokens: {} }))
    await until('it is kept', () => acks(frames).includes(2))
    over = true
    await Promise.all(clients)
    // Those who ask on with it are answered more rarely, and by nobody but the edge.
    expect(await codeOf(asking(gateway.port, good))).toMatch(
      /^(?:401 AUTH_INVALID|429 RATE_LIMITED)$/,
    )
    const ack = frames.findIndex(({ type, version }) => type === 'POLICY_ACK' && version === 2)
    expect(frames.slice(ack).filter(({ type }) => type === 'OPEN')).toEqual([])
    socket.terminate()
    await Promise.all(outcomes)
  })
})

describe('a variable that is not valid', () => {
  test.for([
    ['ADDRESS_REQUESTS_PER_MINUTE', '0'],
    ['ADDRESS_REQUESTS_PER_MINUTE', 'many'],
    ['ADDRESS_REQUESTS_PER_MINUTE', '1.5'],
    ['STRANGER_REQUESTS_PER_MINUTE', '-1'],
    ['STRANGER_REQUESTS_PER_MINUTE', '1000001'],
  ] as const)('%s=%s is reported to every client', async ([name, value]) => {
    await using gateway = await startOnWorkerd({
      ownerDid: identity.did,
      variables: { [name]: value },
    })
    const answer = await send(gateway.port, { path: '/health' })
    expect([answer.status, answer.json()['code']]).toEqual([500, 'GATEWAY_MISCONFIGURED'])
    expect(answer.json()['message']).toContain(`${name} must be a whole number`)
  })
})
