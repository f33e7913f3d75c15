import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sendRequest, type RequestToSend } from '../../../local-daemon/cli/client/send-request.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const SECRETS: readonly (readonly [string, Partial<RequestToSend>])[] = [
  ['a bearer', { headers: { authorization: 'Bearer spl_x' } }],
  ['a bearer in capitals', { headers: { Authorization: 'Bearer spl_x' } }],
  ['a ticket', { path: '/v1/sync/subscribe?thread=th_x&ticket=spt_x' }],
  ['a body', { method: 'POST', body: '{"code":"spg_x"}' }],
]
/** TEST-NET-1 and the like: nobody has them, and they are not private. */
const PUBLIC = ['http://192.0.2.1:9100', 'http://[2001:db8::1]:9100', 'http://3221225985:9100']

const ask = (url: string, more: Partial<RequestToSend>, lookup?: LookupFunction) =>
  sendRequest(
    { origin: new URL(url), lookup },
    { method: 'GET', path: '/', silenceMs: 10_000, ...more },
  )

/** A name that has these addresses. */
const named =
  (...addresses: readonly string[]): LookupFunction =>
  (_name, options, done) => {
    const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (options.all === true) done(null, all)
    else done(null, addresses[0] ?? '', 4)
  }

describe('plain http to a public address', () => {
  test.for(SECRETS.flatMap(([what, more]) => PUBLIC.map((url) => [what, url, more] as const)))(
    'gets no request with %s: %s',
    async ([_what, url, more]) => {
      // Thrown before a socket is there.
      await expect(ask(url, more)).rejects.toMatchObject({ code: 'BEARER_IN_THE_CLEAR' })
    },
  )

  test('is found out by the address that a name has, also where one of several is public', async () => {
    const [, more] = SECRETS[0] ?? ['', {}]
    for (const lookup of [named('192.0.2.1'), named('127.0.0.1', '192.0.2.1')]) {
      await expect(ask('http://home.example:9100', more, lookup)).rejects.toMatchObject({
        code: 'BEARER_IN_THE_CLEAR',
      })
    }
  })

  test('is told by every command that has a bearer', async () => {
    using home = aHome()
    for (const args of [
      ['thread', 'list'],
      ['intend', 'x'],
      ['token', 'list'],
    ]) {
      const run = await runHere(args, {
        home: home.path,
        env: { SPL_SERVE_URL: 'http://192.0.2.1:9100', SPL_TOKEN: 'spl_prod_sa_x' },
      })
      expect(run.stderr).toContain('[BEARER_IN_THE_CLEAR]')
      expect(run.code).toBe(2)
    }
  })
})

describe('plain http to this machine', () => {
  let url: string
  let seen: (string | undefined)[]
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end()
  })
  beforeEach(async () => {
    seen = []
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  test('gets the bearer, by its address and by a name of it', async () => {
    const headers = { authorization: 'Bearer spl_x' }
    await ask(url, { headers })
    await ask(url.replace('127.0.0.1', 'home.example'), { headers }, named('127.0.0.1'))
    expect(seen).toEqual(['Bearer spl_x', 'Bearer spl_x'])
  })

  test('is what a public address is, if the owner says so', async () => {
    vi.stubEnv('SPL_ALLOW_PLAIN_HTTP', '1')
    const failing: LookupFunction = (_name, _options, done) => done(new Error('asked'), '', 0)
    const headers = { authorization: 'Bearer spl_x' }
    await expect(ask('http://home.example', { headers }, failing)).rejects.toThrow('asked')
    // Nobody answers there.
    await expect(ask('http://192.0.2.1:9', { headers, silenceMs: 100 })).rejects.not.toMatchObject({
      code: 'BEARER_IN_THE_CLEAR',
    })
  })
})
