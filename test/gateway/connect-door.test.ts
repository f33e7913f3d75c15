import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { TUNNEL_PATH } from '../../protocol/version.ts'
import { connectHome } from './connect-home.ts'
import { startOnWorkerd, type GatewayUnderTest } from './gateway-under-test.ts'
import { HomeApp } from './home-app.ts'
import { ending } from './open-socket.ts'
import { knock, proofFields, rawTunnel } from './raw-tunnel.ts'
import { send } from './send.ts'
import { anIdentity } from './test-identity.ts'

const identity = anIdentity()
let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startOnWorkerd({ ownerDid: identity.did, observed: true })
})
afterAll(() => gateway[Symbol.asyncDispose]())
afterEach(() => vi.useRealTimers())

const now = () => Math.floor(Date.now() / 1000)
const objectRequests = () => gateway.log.filter((line) => line.includes('object request')).length

describe('the door of the daemon refuses, before the object hears of it,', () => {
  const invalid = 'CONNECT_PROOF_INVALID'
  const good = (created?: number) => proofFields(identity, gateway.authority, created)
  const without = async (name: string) => ({ ...(await good()), [name]: '' })
  const changed = async (name: string, from: RegExp, to: string) => {
    const fields = await good()
    return { ...fields, [name]: (fields[name] ?? '').replace(from, to) }
  }
  test.for([
    ['no proof', async () => ({}), invalid],
    ['no signature', () => without('signature'), invalid],
    ['no signature input', () => without('signature-input'), invalid],
    ['another key', () => proofFields(anIdentity(), gateway.authority), invalid],
    [
      "another key under the owner's name",
      () => proofFields({ ...anIdentity(), did: identity.did }, gateway.authority),
      invalid,
    ],
    ['a proof for another host', () => proofFields(identity, 'elsewhere.example'), invalid],
    ['a proof for another port', () => proofFields(identity, 'localhost:1'), invalid],
    [
      'another time in the proof',
      () => changed('signature-input', /created=\d/, 'created=9'),
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
    ['a clock an hour behind', () => good(now() - 3600), 'CONNECT_PROOF_CLOCK'],
    ['a clock an hour ahead', () => good(now() + 3600), 'CONNECT_PROOF_CLOCK'],
    ['a proof from the year 30000', () => good(900_000_000_000), 'CONNECT_PROOF_CLOCK'],
  ] as const)('%s', async ([_name, fields, code]) => {
    const before = objectRequests()
    const { status, problem, socket } = await knock(gateway.port, await fields())
    if (code === undefined) {
      // Whether a second signature beside a good one matters is not ours to say; it must not crash.
      expect([101, 401]).toContain(status)
      socket?.terminate()
      return
    }
    expect([status, problem?.['code'], problem?.['hop']]).toEqual([401, code, 'gateway'])
    expect(problem?.['try']).toMatch(/\w/)
    const off = Math.abs((problem?.['edge_time'] as number) - Date.now())
    expect(off).toBeLessThan(10_000)
    expect(objectRequests()).toBe(before)
  })

  test.for(['', 'spl-tunnel.0', 'spl-tunnel.99', 'graphql-ws'])(
    'the subprotocol %j',
    async (protocol) => {
      const fields = await proofFields(identity, gateway.authority)
      const { status, problem } = await knock(gateway.port, fields, protocol)
      expect([status, problem?.['code']]).toEqual([426, 'UPGRADE_REQUIRED'])
    },
  )

  test.for(['GET', 'POST', 'PUT', 'OPTIONS'])('a plain %s, even with a proof', async (method) => {
    const fields = Object.entries(await proofFields(identity, gateway.authority))
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
    const fields = await proofFields(identity, gateway.authority)
    const first = await knock(gateway.port, fields)
    expect(first.status).toBe(101)
    for (let time = 0; time < 2; time += 1) {
      const { status, problem } = await knock(gateway.port, fields)
      expect([status, problem?.['code']]).toEqual([401, 'CONNECT_PROOF_REPLAYED'])
    }
    first.socket?.terminate()
  })

  test('when ten copies arrive at once', async () => {
    const fields = await proofFields(identity, gateway.authority)
    const knocks = await Promise.all(Array.from({ length: 10 }, () => knock(gateway.port, fields)))
    expect(knocks.filter(({ status }) => status === 101)).toHaveLength(1)
    expect(
      knocks.filter(({ problem }) => problem?.['code'] === 'CONNECT_PROOF_REPLAYED'),
    ).toHaveLength(9)
    for (const { socket } of knocks) socket?.terminate()
  })
})

describe('a daemon whose clock is off by an hour', () => {
  test.for([-1, 1])('connects on its second try (%i)', async (sign) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + sign * 3_600_000 })
    await using home = await connectHome(gateway.origin, identity, new HomeApp())
    expect(home.events.map(({ kind }) => kind)).toEqual([
      'clock-corrected',
      'disconnected',
      'connected',
    ])
    const [corrected] = home.events
    const offset = corrected?.kind === 'clock-corrected' ? corrected.offsetMs : 0
    expect(Math.abs(offset + sign * 3_600_000)).toBeLessThan(10_000)
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

  const broken: readonly (readonly [string, () => string | Buffer])[] = [
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
    ['a message over 1 MiB', () => Buffer.alloc(1024 * 1024 + 1)],
  ]

  test.for(broken)(
    '%s ends the connection with 1002, and what may not be sent twice with 502',
    async ([_name, message]) => {
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
      expect((await end).code).toBe(1002)
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
