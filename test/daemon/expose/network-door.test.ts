import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { urlHost } from '../../../local-daemon/network/listen-host.ts'
import type { DaemonOptions } from '../../../local-daemon/daemon.ts'
import { aDaemon, aDraft, overSocket, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { PRIVATE_ADDRESS } from '../../support/private-address.ts'

const ADDRESS = PRIVATE_ADDRESS ?? ''

interface Told {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

function onNetwork(options: Partial<DaemonOptions> = {}): Promise<TestDaemon> {
  return aDaemon({ host: ADDRESS, ...options })
}

/** The Host header of a client that uses the daemon's address. */
function ownHost({ daemon }: TestDaemon): string {
  return `${urlHost(ADDRESS)}:${daemon.addresses.tcp.port}`
}

function send(
  at: TestDaemon,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', body = '' } = {},
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const { host, port } = at.daemon.addresses.tcp
    const own = { host: ownHost(at), ...headers }
    const outgoing = httpRequest({ host, port, path, method, headers: own }, (answer) => {
      const told = text(answer).then((content) => ({
        status: answer.statusCode ?? 0,
        body: content.startsWith('{') ? (JSON.parse(content) as Told['body']) : {},
      }))
      resolve(told)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** What comes back for bytes as they are. */
async function sendBytes(at: TestDaemon, bytes: string): Promise<string> {
  const { host, port } = at.daemon.addresses.tcp
  const socket = connect(port, host)
  await once(socket, 'connect')
  socket.end(bytes)
  return text(socket)
}

async function set(at: TestDaemon, key: string, value: unknown): Promise<number> {
  const { socket } = at.daemon.addresses
  const body = JSON.stringify({ value })
  return (await overSocket(socket, `/v1/config/${key}`, { method: 'POST', body })).status
}

describe.runIf(PRIVATE_ADDRESS !== undefined)('a daemon on a private address', () => {
  it('answers there, knows whose request it is, and is not on loopback', async () => {
    await using at = await onNetwork()
    const authorization = `Bearer ${at.bearer}`
    expect((await send(at, '/health')).status).toBe(200)
    const { status, body } = await send(at, '/v1/identity', { authorization })
    expect([status, body['via'], body['client_address']]).toEqual([200, 'network', ADDRESS])
    const { port } = at.daemon.addresses.tcp
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed')
    expect(at.daemon.exposure).not.toBe('loopback')
  })

  it.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    'evil.example',
    '10.0.0.1',
    '10-0-0-1.nip.io',
    '0.0.0.0',
  ])('is not called %s there, with any port', async (name) => {
    await using at = await onNetwork()
    const authorization = `Bearer ${at.bearer}`
    const { port } = at.daemon.addresses.tcp
    for (const host of [name, `${name}:${port}`]) {
      for (const path of ['/health', '/v1/threads']) {
        const { status, body } = await send(at, path, { host, authorization })
        expect([path, status, body['code']]).toEqual([path, 421, 'HOST_NOT_ALLOWED'])
      }
    }
  })

  it('is called by the names that are allowed', async () => {
    await using at = await onNetwork()
    expect(await set(at, 'allowed_hosts', ['spl.home.arpa'])).toBe(200)
    const told = await send(at, '/health', { host: 'spl.home.arpa:9100' })
    expect(told.status).toBe(200)
  })

  it('asks for a bearer, also under the name localhost and with bearers switched off', async () => {
    await using at = await onNetwork()
    // Past the route that would refuse it, as a store could bring it along.
    const body = { topic: 'auth_required', enabled: false }
    await at.daemon.store.append(
      aDraft({ thread: 'th_engine_config', actor: at.daemon.identity.did, act: 'LEARN', body }),
    )
    expect(at.daemon.access.settings.values.auth_required).toBe(false)
    for (const headers of [{}, { host: 'localhost' }, { host: '127.0.0.1' }]) {
      expect((await send(at, '/v1/threads', headers)).status).toBeGreaterThanOrEqual(401)
    }
    expect((await send(at, '/v1/threads')).body['code']).toBe('AUTH_REQUIRED')
  })

  it('keeps what is for its own machine from the network', async () => {
    await using at = await onNetwork({ bootstrapToken: 'a-token-of-the-environment' })
    const headers = {
      authorization: 'Bearer a-token-of-the-environment',
      'content-type': 'application/json',
    }
    for (const forged of [{}, { 'x-forwarded-for': '127.0.0.1' }, { 'x-real-ip': '::1' }]) {
      const told = await send(
        at,
        '/v1/bootstrap/service-account',
        { ...headers, ...forged },
        { method: 'POST', body: '{}' },
      )
      expect([told.status, told.body['code']]).toEqual([403, 'LOCAL_ONLY'])
    }
    expect(at.daemon.store.accounts()).toEqual([])
  })

  it.each([
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
    { forwarded: 'for=127.0.0.1' },
    { 'x-real-ip': '127.0.0.1' },
    { via: '1.1 proxy' },
    { 'cf-connecting-ip': '127.0.0.1' },
  ] as Record<string, string>[])('believes no %j of a stranger', async (headers) => {
    await using at = await onNetwork()
    const authorization = `Bearer ${at.bearer}`
    const { body } = await send(at, '/v1/identity', { ...headers, authorization })
    expect([body['via'], body['client_address']]).toEqual(['network', ADDRESS])
  })

  it('takes the client’s address from a reverse proxy on another machine that is trusted', async () => {
    await using at = await onNetwork()
    const authorization = `Bearer ${at.bearer}`
    expect(await set(at, 'trusted_proxies', [ADDRESS])).toBe(200)
    const chain = { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' }
    const { body } = await send(at, '/v1/identity', { ...chain, authorization })
    expect([body['via'], body['client_address']]).toEqual(['proxy', '203.0.113.9'])
    // Its own requests, without what a proxy adds, are the network's.
    const own = await send(at, '/v1/identity', { authorization })
    expect([own.body['via'], own.body['client_address']]).toEqual(['network', ADDRESS])
    const named = await send(at, '/health', { ...chain, host: 'localhost' })
    expect(named.status).toBe(421)
  })

  it('does not read a second request out of the body of a first', async () => {
    await using at = await onNetwork()
    const inner = 'GET /v1/threads HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const both = await sendBytes(
      at,
      `GET /health HTTP/1.1\r\nHost: ${ownHost(at)}\r\nContent-Length: ${inner.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    )
    expect(both).toMatch(/^HTTP\/1\.1 400 /)
    expect(both).not.toMatch(/HTTP\/1\.1 200 /)
    const piped = await sendBytes(
      at,
      `GET /health HTTP/1.1\r\nHost: ${ownHost(at)}\r\n\r\n${inner.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}`,
    )
    expect(piped).toMatch(/^HTTP\/1\.1 200 [^]+HTTP\/1\.1 421 /)
    const twice = await sendBytes(
      at,
      `GET /v1/threads HTTP/1.1\r\nHost: ${ownHost(at)}\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expect(twice).toMatch(/^HTTP\/1\.1 4\d\d /)
    const absolute = await sendBytes(
      at,
      `GET http://localhost/v1/threads HTTP/1.1\r\nHost: ${ownHost(at)}\r\nConnection: close\r\n\r\n`,
    )
    expect(absolute).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  it('gives pages of other origins nothing', async () => {
    await using at = await onNetwork()
    const authorization = `Bearer ${at.bearer}`
    for (const origin of ['https://evil.example', 'http://localhost:3000', `http://${ADDRESS}`]) {
      const { status, body } = await send(at, '/v1/threads', { origin, authorization })
      expect([origin, status, body['code']]).toEqual([origin, 403, 'ORIGIN_NOT_ALLOWED'])
    }
    const own = { origin: `http://${ownHost(at)}`, authorization }
    expect((await send(at, '/v1/threads', own)).status).toBe(200)
  })

  it('cannot be told to ask for no bearers, by the setting or by its record', async () => {
    await using at = await onNetwork()
    const headers = { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' }
    const attempts = [
      ['/v1/config/auth_required', { value: false, force: true }],
      [
        '/v1/records',
        {
          thread: 'th_engine_config',
          act: 'LEARN',
          body: { topic: 'auth_required', enabled: false },
        },
      ],
    ] as const
    for (const [path, json] of attempts) {
      const told = await send(at, path, headers, { method: 'POST', body: JSON.stringify(json) })
      expect([path, told.status, told.body['code']]).toEqual([path, 400, 'INVALID_SETTING'])
      expect(told.body['try']).toContain('--host 127.0.0.1')
    }
    expect(await set(at, 'auth_required', false)).toBe(400)
    expect(at.daemon.access.settings.values.auth_required).toBe(true)
  })

  it('does not start while bearers are switched off', async () => {
    await using at = await aDaemon()
    expect(await set(at, 'auth_required', false)).toBe(200)
    const { root } = at.daemon.home
    await at.daemon.stop()
    await expect(aDaemon({ home: root, host: ADDRESS })).rejects.toMatchObject({
      code: 'AUTH_OFF',
      try: expect.stringContaining('spl config set auth_required true'),
    })
  })

  it('is on loopback instead with --insecure-localhost', async () => {
    await using at = await onNetwork({ insecureLocalhost: true })
    expect(at.daemon.addresses.tcp.host).toBe('127.0.0.1')
    expect(at.daemon.exposure).toBe('loopback')
    expect((await at.get('/v1/identity')).status).toBe(200)
  })

  it('shows its requests in the log as the network’s', async () => {
    await using at = await onNetwork()
    const authorization = `Bearer ${at.bearer}`
    await send(at, '/v1/threads', { authorization })
    await sendBytes(at, 'GET //x HTTP/1.1\r\nHost: a b\r\n\r\n')
    const metrics = await overSocket(at.daemon.addresses.socket, '/metrics')
    expect(metrics.text).toContain('via="network"')
    expect(metrics.text).not.toContain('via="loopback"')
  })
})
