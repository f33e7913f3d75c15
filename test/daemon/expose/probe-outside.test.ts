import { createServer, request, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Check } from '../../../local-daemon/cli/doctor/check.ts'
import { probeSilentStream } from '../../../local-daemon/cli/doctor/outside/silent-stream.ts'
import type { Outside } from '../../../local-daemon/cli/doctor/outside/outside.ts'
import { probeOutside } from '../../../local-daemon/cli/doctor/outside/probe-outside.ts'
import { aRealHome } from '../../support/daemon/a-real-home.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

function outsideOf({ base, bearer, daemon }: TestDaemon): Outside {
  return { origin: new URL(base), bearer, expectedDid: daemon.identity.did }
}

function statuses(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, status }) => [name, status]))
}

/** Something that answers on a free port. */
async function aServer(listener: RequestListener): Promise<AsyncDisposable & { origin: URL }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: new URL(`http://127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('everything that is asked from outside', () => {
  test('of a daemon with nothing in between', async () => {
    await using daemon = await aDaemon()
    const reported: string[] = []
    const checks = await probeOutside(outsideOf(daemon), ({ name }) => reported.push(name))
    expect(statuses(checks)).toEqual({
      reachable: 'pass',
      certificate: 'skip',
      'plain-http': 'skip',
      authentication: 'pass',
      'dot-paths': 'pass',
      cors: 'pass',
      // Nobody forwards: it is this machine itself.
      'client-address': 'skip',
      'spoofed-address': 'skip',
      host: 'pass',
      'encoded-paths': 'pass',
      streaming: 'pass',
      websocket: 'pass',
      upload: 'pass',
    })
    expect(reported).toEqual(checks.map(({ name }) => name))
  })

  test('of a daemon behind its gateway', async () => {
    await using home = await aRealHome()
    const { did } = home.daemon().identity
    const { origin } = home.link
    const outside = { origin: new URL(origin), bearer: home.bearer, expectedDid: did }
    expect(statuses(await probeOutside(outside))).toMatchObject({
      reachable: 'pass',
      authentication: 'pass',
      'dot-paths': 'pass',
      cors: 'pass',
      'client-address': 'skip',
      'spoofed-address': 'skip',
      host: 'pass',
      'encoded-paths': 'pass',
      streaming: 'pass',
      websocket: 'pass',
      upload: 'pass',
    })
  })

  test('without a bearer only what needs none', async () => {
    await using daemon = await aDaemon()
    const checks = await probeOutside({ ...outsideOf(daemon), bearer: undefined })
    expect(statuses(checks)).toMatchObject({ authentication: 'pass', streaming: 'skip' })
  })

  test('with a bearer that may do nothing, what it may not is left out', async () => {
    await using daemon = await aDaemon()
    const bearer = await daemon.tokenWith()
    const checks = await probeOutside({ ...outsideOf(daemon), bearer })
    expect(statuses(checks)).toMatchObject({ streaming: 'pass', websocket: 'skip', upload: 'skip' })
  })

  test('of another daemon, nothing further', async () => {
    await using daemon = await aDaemon()
    const checks = await probeOutside({ ...outsideOf(daemon), expectedDid: 'did:key:z6MkOther' })
    expect(statuses(checks)).toEqual({ reachable: 'fail', certificate: 'skip' })
    expect(checks[0]?.details).toMatchObject({ kind: 'other-daemon' })
  })

  test('of a proxy that adds one bearer to every request', async () => {
    await using daemon = await aDaemon()
    await using proxy = await aServer((incoming, answer) => {
      const headers = {
        ...incoming.headers,
        authorization: `Bearer ${daemon.bearer}`,
        'x-forwarded-for': '198.51.100.7',
      }
      const forwarded = request(daemon.base + incoming.url, { method: incoming.method, headers })
      forwarded.on('response', (told) => {
        answer.writeHead(told.statusCode ?? 0, told.headers)
        told.pipe(answer)
      })
      incoming.pipe(forwarded)
    })
    const checks = await probeOutside({ origin: proxy.origin })
    expect(checks.find(({ name }) => name === 'authentication')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('adds one to every request'),
      fix: expect.stringContaining('revoke'),
    })
  })

  test.each<[string, RequestListener, string]>([
    ['a web page', (_, answer) => void answer.end('<html>hello</html>'), 'other-service'],
    ['a redirect', (_, answer) => void answer.writeHead(302, { location: '/x' }).end(), 'redirect'],
    ['a proxy alone', (_, answer) => void answer.writeHead(502).end('Bad Gateway'), 'upstream'],
    ['one that hangs up', (incoming) => void incoming.socket.destroy(), 'tls'],
    [
      'an endless answer',
      (_, answer) => {
        answer.writeHead(200)
        const more = () => {
          while (answer.write('x'.repeat(16_384)));
          answer.once('drain', more)
        }
        more()
      },
      'other-service',
    ],
  ])('%s is no daemon', async (_name, listener, kind) => {
    await using server = await aServer(listener)
    const [reachable] = await probeOutside({ origin: server.origin })
    expect(reachable).toMatchObject({ status: 'fail', details: { kind } })
  })

  test('a port where no program listens', async () => {
    const { origin } = await (async () => {
      await using server = await aServer(() => {})
      return server
    })()
    const [reachable] = await probeOutside({ origin })
    expect(reachable).toMatchObject({ status: 'fail', details: { kind: 'refused' } })
  })

  test('an unknown name', async () => {
    const lookup: Outside['lookup'] = (_name, _options, done) =>
      done(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), '', 4)
    const [reachable] = await probeOutside({ origin: new URL('https://spl.invalid'), lookup })
    expect(reachable).toMatchObject({ status: 'fail', details: { kind: 'dns' } })
  })
})

test('a silent stream lives until its heartbeat', async () => {
  await using daemon = await aDaemon()
  expect(await probeSilentStream(outsideOf(daemon))).toMatchObject({ status: 'pass' })
})

test('a silent stream that is cut is found', async () => {
  await using server = await aServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    answer.write('event: ready\ndata: {}\n\n')
    setTimeout(() => answer.destroy(), 200)
  })
  expect(await probeSilentStream({ origin: server.origin, bearer: 'x' })).toMatchObject({
    status: 'fail',
    fix: expect.stringContaining('proxy_read_timeout'),
  })
})
