import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { makeCode } from '../../../protocol/identity/signed-code.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { anIdentity, bearerBy } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

const FEED = '/v1/sync/subscribe'
const ALLOWED = 'https://app.example.com'
const FOREIGN = [
  'https://evil.example',
  'null',
  `${ALLOWED}.evil.example`,
  'http://app.example.com',
]

let home: RealHome
beforeAll(async () => {
  home = await aRealHome({ movableClock: true })
  await home.ask('/v1/config/auth_cors_origins', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value: [ALLOWED] }),
  })
})
afterAll(() => home[Symbol.asyncDispose]())

const WAYS = ['loopback', 'gateway'] as const
type Way = (typeof WAYS)[number]
const port = (way: Way) =>
  way === 'gateway' ? home.gateway.port : home.daemon().addresses.tcp.port

async function aTicket(path = FEED): Promise<string> {
  const answer = await home.ask('/v1/stream-tickets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  })
  return ((await answer.json()) as { ticket: string }).ticket
}

/** `101`, or the status and code of the refusal. */
async function shake(way: Way, path: string, headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(`ws://localhost:${port(way)}${path}`, { headers })
  socket.on('error', () => {})
  const outcome = await Promise.race([
    once(socket, 'open').then(() => '101'),
    once(socket, 'unexpected-response').then(async (got) => {
      const answer = got[1] as IncomingMessage
      const text = Buffer.concat(await answer.toArray()).toString()
      return `${answer.statusCode} ${/"code":"(\w+)"/.exec(text)?.[1]}`
    }),
  ])
  socket.terminate()
  return outcome
}

describe.for(WAYS)('a WebSocket by the %s', (way) => {
  test.for(FOREIGN)('is refused to a page of %s, with any ticket', async (origin) => {
    const path = `${FEED}?ticket=${await aTicket()}`
    expect(await shake(way, path, { origin })).toBe('403 ORIGIN_NOT_ALLOWED')
    // It was not even burnt.
    expect(await shake(way, path, {})).toBe('101')
  })

  test('is opened for an allowed page, for a page of the host itself, and for a program', async () => {
    const own = `http://localhost:${port(way)}`
    for (const headers of [{ origin: ALLOWED }, { origin: own }, {}] as const) {
      expect(await shake(way, `${FEED}?ticket=${await aTicket()}`, headers)).toBe('101')
    }
  })

  test('is refused with a bearer too, when a page elsewhere made the request', async () => {
    const headers = { authorization: `Bearer ${home.bearer}`, origin: 'https://evil.example' }
    expect(await shake(way, FEED, headers)).toBe('403 ORIGIN_NOT_ALLOWED')
    expect(await shake(way, '/v1/threads', headers)).toBe('403 ORIGIN_NOT_ALLOWED')
  })
})

/** The close code, its reason, and the code in the one message before it. */
async function closeOf(way: Way, path: string, headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(`ws://localhost:${port(way)}${path}`, { headers })
  const messages: string[] = []
  socket.on('message', (data: Buffer) => messages.push(data.toString()))
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  const told = messages.map((message) => {
    const { event, data } = JSON.parse(message) as Record<string, { readonly code?: string }>
    return `${String(event)} ${data?.code}`
  })
  return [code, reason.toString(), ...told].join(', ')
}

describe.for(WAYS)('a WebSocket that is refused by the %s', (way) => {
  const ticketed = async (query = '') => `${FEED}?ticket=${await aTicket()}${query}`

  test('tells a page that may call why, by its close code and in a message', async () => {
    const origin = { origin: ALLOWED }
    const ticket = await ticketed()
    expect(await shake(way, ticket, origin)).toBe('101')
    const refusals = [
      await closeOf(way, ticket, origin),
      await closeOf(way, await ticketed('&since=nonsense'), origin),
      await closeOf(way, await ticketed('&since=0123456789abcdef:1:0123456789ab'), origin),
    ]
    expect(refusals).toEqual([
      '4401, AUTH_INVALID, error AUTH_INVALID',
      '4400, INVALID_CURSOR, error INVALID_CURSOR',
      '4409, CURSOR_EPOCH_CHANGED, error CURSOR_EPOCH_CHANGED',
    ])
  })

  test('lets in only clients with a credential of this home: a page without one, or with a forged one, gets the status', async () => {
    const own = { origin: `http://localhost:${port(way)}` }
    const stranger = anIdentity()
    const code = {
      kind: 'ticket',
      path: FEED,
      nonce: randomBytes(16),
      expires: 2 ** 32 - 1,
    } as const
    const ticket = makeCode({ ...code, sign: stranger.sign })
    const authorization = `Bearer ${bearerBy(stranger, 'sa_0n0b0dy0000')}`
    for (const origin of [{ origin: ALLOWED }, own, {}] as Record<string, string>[]) {
      expect(await shake(way, FEED, origin)).toMatch(/^401 AUTH_/)
      expect(await shake(way, `${FEED}?ticket=x`, origin)).toMatch(/^401 AUTH_/)
      expect(await shake(way, `${FEED}?ticket=${ticket}`, origin)).toBe('401 AUTH_INVALID')
      expect(await shake(way, FEED, { ...origin, authorization })).toBe('401 AUTH_INVALID')
    }
  })

  test('tells a program by the status of its answer, and a page elsewhere nothing else', async () => {
    const authorization = `Bearer ${home.bearer}`
    expect(await shake(way, FEED, { authorization: 'Bearer x' })).toBe('401 AUTH_INVALID')
    expect(await shake(way, `${FEED}?since=nonsense`, { authorization })).toBe('400 INVALID_CURSOR')
    // With a ticket it may be a program that has a page's WebSocket, and sees no more than a page.
    expect(await closeOf(way, await ticketed('&since=nonsense'), {})).toMatch(
      /^4400, INVALID_CURSOR, /,
    )
    const foreign = { origin: 'https://evil.example' }
    expect(await shake(way, await ticketed('&since=nonsense'), foreign)).toMatch(/^403 /)
  })
})

test('a WebSocket whose home is away tells a page so, once that is not to be waited for', async () => {
  const path = `${FEED}?ticket=${await aTicket()}`
  home.link.close()
  home.link.cut()
  await setGatewayClock(home.gateway.port, 2 * LIMITS.parkAwayMs)
  await until('the gateway knows', async () => (await home.ask('/v1/threads')).status === 503)
  const headers = { authorization: `Bearer ${home.bearer}`, origin: ALLOWED }
  expect(await closeOf('gateway', FEED, headers)).toBe('4503, TUNNEL_OFFLINE, error TUNNEL_OFFLINE')
  // Whether it is too old by now, home says alone.
  expect(await closeOf('gateway', path, { origin: ALLOWED })).toMatch(/^4503, /)
  await setGatewayClock(home.gateway.port, 0)
  home.link.open()
  await until('home is back', () => home.daemon().tunnel?.status.state === 'connected')
})

describe.for(WAYS)('a ticket in a URL by the %s', (way) => {
  const ask = async (path: string, headers: Record<string, string>) => {
    const answer = await fetch(`http://localhost:${port(way)}${path}`, { headers })
    const code = /"code":"(\w+)"/.exec(answer.ok ? '' : await answer.text())?.[1]
    await answer.body?.cancel().catch(() => {})
    return [answer.status, code].join(' ').trim()
  }

  test('opens nothing for a page elsewhere, also where its browser sends no Origin', async () => {
    const stream = `${FEED}?ticket=${await aTicket()}`
    const page = `/v1/sync/changes?ticket=${await aTicket('/v1/sync/changes')}`
    const foreign = { origin: 'https://evil.example' }
    const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
    for (const path of [stream, page]) {
      expect(await ask(path, foreign)).toBe('403 ORIGIN_NOT_ALLOWED')
      expect(await ask(path, image)).toBe('403 ORIGIN_NOT_ALLOWED')
      expect(await ask(path, { origin: ALLOWED, 'sec-fetch-site': 'cross-site' })).toBe('200')
    }
  })
})

test('home asks again: what a gateway lets through is refused there', async () => {
  const url = `http://${home.gateway.authority}${FEED}`
  const facts = { via: 'tunnel', publicHost: home.gateway.authority } as const
  const ask = async (origin: string) => {
    const signal = AbortSignal.timeout(2_000)
    const request = new Request(`${url}?ticket=${await aTicket()}`, { headers: { origin }, signal })
    return (await home.daemon().app.fetch(request, facts)).status
  }
  expect(await ask('https://evil.example')).toBe(403)
  expect(await ask('null')).toBe(403)
  expect(await ask(ALLOWED)).toBe(200)
  expect(await ask(`http://${home.gateway.authority}`)).toBe(200)
})
