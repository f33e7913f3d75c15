import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { probeUrl } from '../../../../local-daemon/cli/pair/probe-url.ts'
import { aDaemon } from '../../../support/daemon/a-daemon.ts'

const DID = 'did:key:zExpected'

async function served(listener: RequestListener): Promise<{
  readonly url: URL
  [Symbol.asyncDispose](): Promise<void>
}> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What is said beside that loopback is loopback. */
async function aboutAnswer(url: URL, expected: string, withinMs?: number): Promise<string[]> {
  const [first, ...rest] = await probeUrl({ url, expected }, withinMs)
  expect(first).toMatch(/cannot reach it$/)
  return rest
}

describe('an address for a device', () => {
  test('that leads to this very daemon is fine', async () => {
    await using spl = await aDaemon()
    const { did } = spl.daemon.identity
    expect(await aboutAnswer(new URL(spl.base), did)).toEqual([])
  })

  test('that leads to another daemon', async () => {
    await using spl = await aDaemon()
    const { did } = spl.daemon.identity
    expect(await aboutAnswer(new URL(spl.base), DID)).toEqual([
      `another daemon answers at ${spl.base}: ${did}, not ${DID}`,
    ])
  })

  test('that leads to a gateway without its daemon', async () => {
    await using server = await served((_request, response) => {
      response.writeHead(503).end(JSON.stringify({ object: 'error', code: 'TUNNEL_OFFLINE' }))
    })
    const { origin } = server.url
    expect(await aboutAnswer(server.url, DID)).toEqual([
      `${origin} does not reach a daemon: TUNNEL_OFFLINE`,
    ])
  })

  test.for(['hello', 'null', '[]', '{}', ''])('that leads to something else: %j', async (body) => {
    await using server = await served((_request, response) => response.end(body))
    const { origin } = server.url
    expect(await aboutAnswer(server.url, DID)).toEqual([
      `what answers at ${origin} is not a spl daemon`,
    ])
  })

  test('that answers without end is read for 16 KiB', async () => {
    let left = false
    await using server = await served((_request, response) => {
      const flood = (): void => {
        while (!left && response.write('x'.repeat(1024)));
      }
      response.on('drain', flood).on('close', () => (left = true))
      flood()
    })
    expect(await aboutAnswer(server.url, DID)).toEqual([
      `what answers at ${server.url.origin} is not a spl daemon`,
    ])
  })

  test('that takes the connection and is silent, before the head or after it', async () => {
    await using silent = await served(() => {})
    const { origin } = silent.url
    expect(await aboutAnswer(silent.url, DID, 200)).toEqual([
      `${origin} cannot be reached from here: no answer within 0.2 s`,
    ])
    await using stuck = await served((_request, response) => response.write('{'))
    expect(await aboutAnswer(stuck.url, DID, 200)).toEqual([
      `${stuck.url.origin} cannot be reached from here: no answer within 0.2 s`,
    ])
  })

  test('where no program listens', async () => {
    expect(await aboutAnswer(new URL('http://127.0.0.1:1'), DID)).toEqual([
      expect.stringMatching(/^http:\/\/127.0.0.1:1 cannot be reached from here: .*ECONNREFUSED/),
    ])
  })

  test.for([
    ['http://localhost:1', /cannot reach it$/],
    ['http://spl.localhost:1', /cannot reach it$/],
    ['http://127.1:1', /cannot reach it$/],
    ['http://0:1', /cannot reach it$/],
    ['http://[::1]:1', /cannot reach it$/],
    ['https://127.0.0.1:1', /cannot reach it$/],
    ['http://spl.invalid', /is plain http: .*tailnet/],
    ['http://localhost.invalid', /is plain http/],
  ] as const)('%s gets its warning first', async ([url, warning]) => {
    const [first] = await probeUrl({ url: new URL(url), expected: DID }, 200)
    expect(first).toMatch(warning)
  })

  test('with TLS and off loopback gets none for its form', async () => {
    const warnings = await probeUrl({ url: new URL('https://spl.invalid'), expected: DID }, 200)
    expect(warnings).toEqual([expect.stringContaining('cannot be reached from here')])
  })
})
