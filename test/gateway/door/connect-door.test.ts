import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { dial } from '../../../local-daemon/tunnel/dial/dial.ts'
import { Tunnel, type TunnelEvent } from '../../../local-daemon/tunnel/tunnel.ts'
import { CHALLENGE_PATH, SUBPROTOCOL, TUNNEL_PATH } from '../../../protocol/tunnel/version.ts'
import { aScriptedGateway } from '../../support/gateway/scripted-gateway.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { startOnWorkerd, type GatewayUnderTest } from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { ending } from '../../support/clients/open-socket.ts'
import { aChallenge, knock, proofFields, rawTunnel } from '../../support/wire/raw-tunnel.ts'
import { send } from '../../support/clients/send.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

const identity = anIdentity()
let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startOnWorkerd({ ownerDid: identity.did, observed: true })
})
afterAll(() => gateway[Symbol.asyncDispose]())
afterEach(() => vi.useRealTimers())

const objectRequests = () =>
  gateway.log.filter((line) => line.includes('object request https://tunnel/connect')).length

describe('the door of the daemon refuses, before the object hears of it,', () => {
  const invalid = 'CONNECT_PROOF_INVALID'
  const good = () => proofFields(identity, gateway.port)
  const without = async (name: string) => ({ ...(await good()), [name]: '' })
  const changed = async (name: string, from: RegExp, to: string) => {
    const fields = await good()
    return { ...fields, [name]: (fields[name] ?? '').replace(from, to) }
  }
  test.for([
    ['no proof', async () => ({}), invalid],
    ['no signature', () => without('signature'), invalid],
    ['no signature input', () => without('signature-input'), invalid],
    ['another key', () => proofFields(anIdentity(), gateway.port), invalid],
    [
      "another key under the owner's name",
      () => proofFields({ ...anIdentity(), did: identity.did }, gateway.port),
      invalid,
    ],
    [
      'a proof for another host',
      () => proofFields(identity, gateway.port, { authority: 'elsewhere.example' }),
      invalid,
    ],
    [
      'a proof for another port',
      () => proofFields(identity, gateway.port, { authority: 'localhost:1' }),
      invalid,
    ],
    [
      'another challenge in the proof',
      () => changed('signature-input', /nonce="./, 'nonce="_'),
      invalid,
    ],
    ['another tag', () => changed('signature-input', /spl-tunnel-connect/, 'other'), invalid],
    ['a cut signature', () => changed('signature', /.{8}:$/, ':'), invalid],
    ['fields that are none', async () => ({ 'signature-input': 'x', signature: '(((' }), invalid],
    ['a signature of 2 KiB', () => changed('signature', /:$/, `${'A'.repeat(2048)}:`), invalid],
    [
      'two signatures',
      async () => {
        const { 'signature-input': input = '', signature = '' } = await good()
        return {
          'signature-input': `${input}, x=("@path")`,
          signature: `${signature}, x=:AAAA:`,
        }
      },
      undefined,
    ],
  ] as const)('%s', async ([_name, fields, code]) => {
    const headers = await fields()
    const before = objectRequests()
    const { status, problem, socket } = await knock(gateway.port, headers)
    if (code === undefined) {
      // Whether a second signature beside a good one matters is not ours to say; it must not crash.
      expect([101, 401]).toContain(status)
      socket?.terminate()
      return
    }
    expect([status, problem?.['code'], problem?.['hop']]).toEqual([401, code, 'gateway'])
    expect(problem?.['try']).toMatch(/\w/)
    expect(objectRequests()).toBe(before)
  })

  test.for(['', 'spl-tunnel.0', 'spl-tunnel.99', 'graphql-ws'])(
    'the subprotocol %j',
    async (protocol) => {
      const fields = await proofFields(identity, gateway.port)
      const { status, problem } = await knock(gateway.port, fields, protocol)
      expect([status, problem?.['code']]).toEqual([426, 'UPGRADE_REQUIRED'])
    },
  )

  test.for(['GET', 'POST', 'PUT', 'OPTIONS'])('a plain %s, even with a proof', async (method) => {
    const fields = Object.entries(await proofFields(identity, gateway.port))
    const answer = await send(gateway.port, { method, path: TUNNEL_PATH, headers: fields })
    expect([answer.status, answer.json()['code']]).toEqual([426, 'UPGRADE_REQUIRED'])
  })

  test('a bearer in place of a proof', async () => {
    const { status } = await knock(gateway.port, { authorization: `Bearer ${identity.bearer}` })
    expect(status).toBe(401)
  })
})

describe('a proof opens the door once', () => {
  test('and not again', async () => {
    const fields = await proofFields(identity, gateway.port)
    const first = await knock(gateway.port, fields)
    expect(first.status).toBe(101)
    for (let time = 0; time < 2; time += 1) {
      const { status, problem } = await knock(gateway.port, fields)
      expect([status, problem?.['code']]).toEqual([401, 'CHALLENGE_REPLAYED'])
    }
    first.socket?.terminate()
  })

  test('when ten copies arrive at once', async () => {
    const fields = await proofFields(identity, gateway.port)
    const knocks = await Promise.all(Array.from({ length: 10 }, () => knock(gateway.port, fields)))
    expect(knocks.filter(({ status }) => status === 101)).toHaveLength(1)
    expect(knocks.filter(({ problem }) => problem?.['code'] === 'CHALLENGE_REPLAYED')).toHaveLength(
      9,
    )
    for (const { socket } of knocks) socket?.terminate()
  })
})

describe('a challenge', () => {
  const clock = (to: Parameters<typeof setGatewayClock>[1]) => setGatewayClock(moved.port, to)
  let moved: GatewayUnderTest
  beforeAll(async () => {
    moved = await startOnWorkerd({ ownerDid: identity.did, movableClock: true })
  })
  afterAll(() => moved[Symbol.asyncDispose]())
  afterEach(() => clock(0))

  test.for([
    ['is valid for half a minute', 29, 101, undefined],
    ['is refused after that', 32, 401, 'CHALLENGE_STALE'],
    ['is refused if the clock was set back', -5, 401, 'CHALLENGE_STALE'],
  ] as const)('%s', async ([_name, seconds, expected, code]) => {
    // No time passes between the challenge and the proof but this.
    await clock('still')
    const fields = await proofFields(identity, moved.port)
    await clock(`still+${seconds * 1000}`)
    const { status, problem, socket } = await knock(moved.port, fields)
    socket?.terminate()
    expect([status, problem?.['code']]).toEqual([expected, code])
  })

  test.for([
    ['of 128 random bits', 18],
    ['of the right length', 48],
  ] as const)('is only what the gateway has given: none %s', async ([_name, bytes]) => {
    const challenge = randomBytes(bytes).toString('base64url')
    const fields = await proofFields(identity, gateway.port, { challenge })
    const { status, problem } = await knock(gateway.port, fields)
    expect([status, problem?.['code']]).toEqual([401, 'CHALLENGE_STALE'])
  })

  test('of another gateway, of the same owner and the same name, is refused', async () => {
    const challenge = await aChallenge(moved.port)
    const fields = await proofFields(identity, gateway.port, { challenge })
    const { status, problem } = await knock(gateway.port, fields)
    expect([status, problem?.['code']]).toEqual([401, 'CHALLENGE_STALE'])
  })

  test('is given to every client that asks with GET, and to no other method', async () => {
    const answer = await send(gateway.port, { path: CHALLENGE_PATH })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ object: 'connect_challenge', protocol: SUBPROTOCOL })
    const posted = await send(gateway.port, { method: 'POST', path: CHALLENGE_PATH })
    expect([posted.status, posted.json()['code']]).toEqual([405, 'METHOD_NOT_ALLOWED'])
  })

  test('that others ask for, even often, does not void the one that home has', async () => {
    const fields = await proofFields(identity, gateway.port)
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => aChallenge(gateway.port)))
    }
    const { status, socket } = await knock(gateway.port, fields)
    socket?.terminate()
    expect(status).toBe(101)
  })
})

describe('a gateway that knows its clients by address', () => {
  test('gives each of them so many challenges a minute, whatever else they ask for', async () => {
    await using guarded = await startOnWorkerd({
      ownerDid: identity.did,
      clientAddressHeader: 'x-real-ip',
      perMinute: { address: 1000, stranger: 5 },
    })
    const from = (address: string, path: string) =>
      send(guarded.port, { path, headers: [['x-real-ip', address]] })
    const statuses = async (address: string, path: string) => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => from(address, path)))
      return answers.filter(({ status }) => status === 429).length
    }
    expect(await statuses('192.0.2.1', '/v1/threads')).toBe(3)
    expect(await statuses('192.0.2.1', CHALLENGE_PATH)).toBe(3)
    expect((await from('192.0.2.2', CHALLENGE_PATH)).status).toBe(200)
  })
})

describe('a daemon', () => {
  test.for([-1, 1])('connects at once, though its clock is off by a year (%i)', async (sign) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + sign * 365 * 86_400_000 })
    await using home = await connectHome(gateway.origin, identity, new HomeApp())
    expect(home.events.map(({ kind }) => kind)).toEqual(['connected'])
    const { clock_offset_ms: offset } = home.tunnel.status
    expect(Math.abs(offset + sign * 365 * 86_400_000)).toBeLessThan(10_000)
  })

  test('asks again at once when the gateway has forgotten its challenge', async () => {
    let tries = 0
    await using scripted = await aScriptedGateway(({ socket }) => {
      tries += 1
      const problem = { object: 'error', code: 'CHALLENGE_STALE', message: 'restarted' }
      socket.end(`HTTP/1.1 401 x\r\nconnection: close\r\n\r\n${JSON.stringify(problem)}`)
    })
    const losses: { event: TunnelEvent; tries: number }[] = []
    const tunnel = new Tunnel({
      gatewayUrl: scripted.url,
      identity,
      app: new HomeApp(),
      agent: 'test/1',
      random: () => 0.5,
      onEvent: (event) => losses.push({ event, tries }),
    })
    await until('it is told as a loss', () => losses.length > 0)
    await tunnel.stop()
    // Twice before it is a loss, which alone is followed by a wait: no gateway makes it ask without an end.
    expect(losses[0]?.tries).toBe(2)
    expect(tries).toBe(2)
    expect(losses[0]?.event).toMatchObject({
      kind: 'disconnected',
      reason: expect.stringContaining('CHALLENGE_STALE'),
    })
  })

  test('opens one connection for the challenge and the tunnel', async () => {
    let connections = 0
    await using counting = await aScriptedGateway(
      ({ accept }) => void accept(),
      () => (connections += 1),
    )
    const socket = await dial({
      gatewayUrl: new URL(counting.url),
      identity,
      signal: new AbortController().signal,
    })
    socket.terminate()
    expect(connections).toBe(1)
  })
})

describe('behind the door', () => {
  const raw = async (): Promise<WebSocket> => rawTunnel(gateway.port, identity)

  test('ping is answered with pong', async () => {
    const socket = await raw()
    const pong = new Promise<string>((resolve) => {
      socket.on('message', (data: Buffer, isBinary) => {
        if (!isBinary) resolve(data.toString())
      })
    })
    socket.send('ping')
    expect(await pong).toBe('pong')
    socket.terminate()
  })

  const broken: readonly (readonly [string, () => string | Buffer, number?])[] = [
    ['text that is not ping', () => 'hello'],
    ['an empty message', () => Buffer.alloc(0)],
    ['half a header', () => Buffer.alloc(5)],
    ['an unknown frame', () => Buffer.from('ff0000000000000000000000', 'hex')],
    ['a frame longer than its message', () => Buffer.from('0400000000000001ffffffff', 'hex')],
    ['an OPEN, which only the gateway sends', () => Buffer.from('020000000000000100000000', 'hex')],
    [
      'a second greeting',
      () => Buffer.concat([Buffer.from('010000000000000000000002', 'hex'), Buffer.from('{}')]),
    ],
    ['noise', () => Buffer.alloc(4096, 0xa5)],
    // The front's own bound, which it says by the code that is for that (RFC 6455, section 7.4.1).
    ['a message over 1 MiB', () => Buffer.alloc(1024 * 1024 + 1), 1009],
  ]

  test.for(broken)(
    '%s ends the connection with a code, and what may not be sent twice with 502',
    async ([_name, message, code = 1002]) => {
      const socket = await raw()
      const opened = new Promise<void>((resolve) => {
        socket.on('message', (data: Buffer) => {
          if (data.includes('/pending')) resolve()
        })
      })
      const headers = [['authorization', `Bearer ${identity.bearer}`]] as const
      const pending = send(gateway.port, { method: 'POST', path: '/pending', headers })
      await opened
      const end = ending(socket)
      socket.send(message())
      expect((await end).code).toBe(code)
      const answer = await pending
      expect([answer.status, answer.json()['code']]).toEqual([502, 'TUNNEL_INTERRUPTED'])
      await using _home = await connectHome(gateway.origin, identity, new HomeApp())
      expect((await send(gateway.port, { path: '/', headers })).text).toBe('home')
    },
  )

  test('a message over 32 MiB, which the platform refuses: the requests go to the next connection', async () => {
    const socket = await raw()
    socket.send(Buffer.alloc(32 * 1024 * 1024 + 1))
    const headers = [['authorization', `Bearer ${identity.bearer}`]] as const
    const asked = send(gateway.port, { path: '/', headers })
    await using _home = await connectHome(gateway.origin, identity, new HomeApp())
    expect((await asked).text).toBe('home')
    // The platform waits ten seconds for the rest of the message before it closes; nobody needs that.
    socket.terminate()
  })
})
