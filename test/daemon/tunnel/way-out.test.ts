import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { originClient } from '../../../local-daemon/cli/client/daemon-client.ts'
import { sendRequest } from '../../../local-daemon/cli/client/send-request.ts'
import { proxyFor } from '../../../local-daemon/network/proxy.ts'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { loadIdentity } from '../../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { prepareHome } from '../../../local-daemon/home/prepare-home.ts'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { until } from '../../support/until.ts'
import { runSpl } from '../../support/cli/run-spl.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

/** No resolver knows it: who reaches it has asked the proxy. */
const HOST = 'gateway.test'

interface Proxy extends AsyncDisposable {
  readonly url: string
  readonly asked: string[]
}

/** A CONNECT proxy that knows where every name is. @param credentials `user:password` that it asks for */
async function aProxy(credentials?: string, refusal?: number): Promise<Proxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(501).end()
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.on('connect', (request, client: Socket) => {
    asked.push(`CONNECT ${request.url}`)
    const basic = `Basic ${Buffer.from(credentials ?? '').toString('base64')}`
    const isKnown = credentials === undefined || request.headers['proxy-authorization'] === basic
    if (!isKnown || refusal !== undefined) {
      const status = isKnown ? refusal : 407
      client.end(`HTTP/1.1 ${status} no\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const onward = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 established\r\n\r\n')
      client.pipe(onward).pipe(client)
    })
    sockets.add(onward)
    onward.on('error', () => client.destroy())
    client.on('error', () => onward.destroy())
    client.on('close', () => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

const home = aHome()
let gateway: Gateway
let ca: string
beforeAll(async () => {
  const paths = homeAt(home.path)
  prepareHome(paths)
  const ownerDid = loadIdentity(paths).did
  const directory = join(home.path, 'gateway')
  gateway = await startGateway({ ownerDid, directory, hostname: HOST, tls: 'self-signed' })
  ca = readFileSync(gateway.cacert ?? '', 'utf8')
})
afterAll(async () => {
  await gateway.stop()
  home[Symbol.dispose]()
})
afterEach(() => vi.unstubAllEnvs())

const dialing = (): Promise<Daemon> =>
  startDaemon({
    home: home.path,
    port: 0,
    logger: pino({ level: 'silent' }),
    tunnel: { gatewayUrl: gateway.url, cacert: gateway.cacert ?? '' },
  })

describe('where the only way out is a proxy', () => {
  test.for(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'SPL_PROXY'])(
    'daemon and command line take the one of %s, which alone looks the name up',
    async (variable) => {
      await using proxy = await aProxy('ada:secret')
      vi.stubEnv(variable, proxy.url)
      await using daemon = await dialing()
      await until('it is connected', () => daemon.tunnel?.status.state === 'connected')
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${HOST}:${gateway.port}`]))
      const client = originClient(new URL(gateway.url), undefined, 'a test', { ca })
      expect(await client.get('/health')).toMatchObject({ instance_did: daemon.identity.did })
      // Its own socket and port are of this machine.
      const env = { [variable]: proxy.url }
      const before = proxy.asked.length
      const local = await runSpl(['thread', 'list'], { home: home.path, env })
      expect([local.code, local.stderr]).toEqual([0, ''])
      expect(proxy.asked).toHaveLength(before)
      const status = await runSpl(['status', '--json'], { home: home.path, env })
      expect(JSON.parse(status.stdout)).toMatchObject({ instance_did: daemon.identity.did })
    },
  )

  test.for([
    ['that wants a password', 'ada:secret', undefined, 'PROXY_AUTH_REQUIRED', 'wants a user'],
    ['that leads nowhere', undefined, 502, 'PROXY_REFUSED', 'it answered 502'],
    ['that forbids the port', undefined, 403, 'PROXY_REFUSED', 'it answered 403'],
  ] as const)('one %s is reported as such', async ([_what, credentials, status, code, text]) => {
    await using proxy = await aProxy(credentials, status)
    vi.stubEnv('HTTPS_PROXY', proxy.url.replace('ada:secret@', ''))
    await using daemon = await dialing()
    await until('it has tried', () => daemon.tunnel?.status.last_error !== null)
    expect(daemon.tunnel?.status.last_error).toContain(`[${code}]`)
    expect(daemon.tunnel?.status.last_error).toContain(text)
    const client = originClient(new URL(gateway.url), undefined, 'a test', { ca })
    await expect(client.get('/health')).rejects.toMatchObject({ code, exitCode: 3 })
  })

  test('one that is not there is reported as such, without its password', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://ada:secret@127.0.0.1:9')
    const client = originClient(new URL(gateway.url), undefined, 'a test', { ca })
    const failed = client.get('/health')
    await expect(failed).rejects.toMatchObject({ code: 'PROXY_UNREACHABLE' })
    await expect(failed).rejects.not.toThrow('secret')
  })

  test('a bearer goes through it over https only', async () => {
    await using proxy = await aProxy()
    vi.stubEnv('HTTP_PROXY', proxy.url)
    const ask = sendRequest(
      { origin: new URL('http://home.test') },
      { method: 'GET', path: '/', headers: { authorization: 'Bearer x' }, silenceMs: 1000 },
    )
    await expect(ask).rejects.toMatchObject({ code: 'BEARER_IN_THE_CLEAR' })
    expect(proxy.asked).toEqual([])
  })

  test.for(['10.1.2.3', '192.168.9.9', 'home.test'])(
    'plain http to %s is refused for the proxy, and NO_PROXY is named',
    async (host) => {
      await using proxy = await aProxy()
      vi.stubEnv('HTTP_PROXY', proxy.url)
      const client = originClient(new URL(`http://${host}:9100`), 'spl_x', 'a test')
      await expect(client.get('/v1/threads')).rejects.toMatchObject({
        code: 'BEARER_IN_THE_CLEAR',
        message: expect.stringMatching(/through a proxy/),
        try: expect.stringContaining(`NO_PROXY=${host}`),
      })
      expect(proxy.asked).toEqual([])
    },
  )
})

describe('a proxy is not asked for', () => {
  test.for([
    'http://127.0.0.1:9100',
    'http://localhost:9100',
    'http://[::1]:9',
    'http://a.localhost',
  ])('this machine: %s', (url) => {
    vi.stubEnv('HTTP_PROXY', 'http://proxy.test:3128')
    vi.stubEnv('SPL_PROXY', 'http://proxy.test:3128')
    expect(proxyFor(new URL(url))).toBeUndefined()
  })

  test('what NO_PROXY names, and anything with SPL_PROXY=off', () => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy.test:3128')
    expect(proxyFor(new URL('https://home.example'))?.host).toBe('proxy.test:3128')
    vi.stubEnv('NO_PROXY', '.example')
    expect(proxyFor(new URL('https://home.example'))).toBeUndefined()
    vi.stubEnv('NO_PROXY', '')
    vi.stubEnv('SPL_PROXY', 'off')
    expect(proxyFor(new URL('https://home.example'))).toBeUndefined()
  })

  test.for(['socks5://proxy.test', 'proxy.test', 'http://'])('%s is no address of one', (text) => {
    vi.stubEnv('SPL_PROXY', text)
    expect(() => proxyFor(new URL('https://home.example'))).toThrow(
      expect.objectContaining({ code: 'PROXY_INVALID' }),
    )
  })
})
