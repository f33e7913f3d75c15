import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkWay } from '../../../../local-daemon/cli/login/check-way.ts'
import { selfSignedCertificate } from '../../../../local-daemon/gateway/self-signed.ts'
import { aDaemon, aHome, type TestDaemon } from '../../../support/daemon/a-daemon.ts'
import { proveAs } from './prove-as.ts'
import { aMachine, anImpostor, logIn, moveTo, pairingCode, type Machine } from './login-machine.ts'

let served: TestDaemon

beforeAll(async () => {
  served = await aDaemon()
})

afterAll(() => served[Symbol.asyncDispose]())

const aCode = (scopes?: readonly string[]) => pairingCode(served, scopes)
const loggedIn = (machine: Machine, scopes?: readonly string[]) => logIn(machine, served, scopes)

describe('an address that is', () => {
  beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true))
  afterEach(() => void vi.restoreAllMocks())

  test.each([
    ['http://8.8.8.8:9100', 'BEARER_IN_THE_CLEAR'],
    ['http://[2001:db8::1]:9100', 'BEARER_IN_THE_CLEAR'],
    ['http://2130706433:1', 'DAEMON_UNREACHABLE'],
    ['http://no-such-name.invalid', 'DAEMON_UNREACHABLE'],
  ])('%s gets no code: %s', async (url, code) => {
    using machine = aMachine()
    const run = await machine.spl(`login ${url} --code ${await aCode()}`)
    expect(run.stderr).toContain(`[${code}]`)
    expect(existsSync(machine.file)).toBe(false)
  })

  test.each(['http://10.1.2.3', 'http://100.64.0.7:9100', 'http://[fd00::1]'])(
    '%s is private, and warned about',
    async (url) => {
      await expect(checkWay(new URL(url))).resolves.toBeUndefined()
      expect(process.stderr.write).toHaveBeenCalledWith(expect.stringContaining('is plain http'))
    },
  )

  test.each([
    ['a page', '<html>hello</html>', 'ANSWER_INVALID'],
    ['null', 'null', 'NOT_SPL'],
    ['another JSON', '{"status":"ok"}', 'NOT_SPL'],
    ['an identity that is none', '{"instance_did":"did:key:zz"}', 'NOT_SPL'],
  ])('no spl: %s', async (_name, body, code) => {
    using machine = aMachine()
    await using elsewhere = await anImpostor((_request, response) => response.end(body))
    const run = await machine.spl(`login ${elsewhere.url} --code ${await aCode()}`)
    expect(run.stderr).toContain(`[${code}]`)
    expect(run.stderr).toMatch(/^try: \S/m)
    expect(elsewhere.asked).toEqual(['GET /v1/identity/proof -'])
  })

  test('a redirect gets nothing, and neither does its target', async () => {
    using machine = aMachine()
    await using elsewhere = await anImpostor((_request, response) => {
      response.writeHead(302, { location: served.base }).end()
    })
    const run = await machine.spl(`login ${elsewhere.url} --code ${await aCode()}`)
    expect(run.stderr).toContain('[REDIRECTED]')
    expect(elsewhere.asked).toEqual(['GET /v1/identity/proof -'])
  })

  test('endless is not read to its end', async () => {
    using machine = aMachine()
    await using elsewhere = await anImpostor((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const run = await machine.spl(`login ${elsewhere.url} --code ${await aCode()}`)
    expect(run.stderr).toContain('[ANSWER_INVALID]')
  })

  test('slow is given up, though it never falls silent', async () => {
    using machine = aMachine()
    await using elsewhere = await anImpostor((_request, response) => {
      const drip = setInterval(() => response.write(' '), 200)
      response.on('close', () => clearInterval(drip))
    })
    const run = await machine.spl(`login ${elsewhere.url} --code ${await aCode()}`)
    expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('[DAEMON_TIMEOUT]') })
  })

  test('hostile cannot write to the terminal', async () => {
    using machine = aMachine()
    const hostile = `\u001B[2J\u009B31m${'did:key:z6Mk'}`
    await using elsewhere = await anImpostor((request, response) => {
      if (proveAs(served.daemon.identity, request, response)) return
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ code: `X${hostile}`, message: hostile, try: hostile }))
    })
    const run = await machine.spl(`login ${elsewhere.url} --code ${await aCode()}`)
    expect(run.code).toBe(1)
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(run.stderr + run.stdout).not.toMatch(/[\u001B\u009B]/)
  })

  test('not the daemon that it claims to be has its bearer thrown away', async () => {
    using machine = aMachine()
    await using elsewhere = await anImpostor((request, response) => {
      if (proveAs(served.daemon.identity, request, response)) return
      response.writeHead(201).end(
        JSON.stringify({
          token: served.bearer,
          instance_did: 'did:key:z6MkOther',
          device: 'laptop',
          service_account_id: 'sa_x',
          scopes: [],
        }),
      )
    })
    const run = await machine.spl(`login ${elsewhere.url} --code ${await aCode()}`)
    expect(run.stderr).toContain('[ANSWER_INVALID]')
    expect(existsSync(machine.file)).toBe(false)
  })
})

describe('afterwards', () => {
  test('another daemon at the address gets no bearer', async () => {
    using machine = aMachine()
    await using other = await aDaemon()
    await using elsewhere = await anImpostor((request, response) => {
      proveAs(other.daemon.identity, request, response)
    })
    await loggedIn(machine)
    moveTo(machine, elsewhere.url)
    const run = await machine.spl('thread list')
    expect(run.stderr).toContain('[INSTANCE_CHANGED]')
    expect(run.stderr).toContain(other.daemon.identity.did)
    expect(elsewhere.asked).toEqual(['GET /v1/identity/proof -'])
    const again = await machine.spl(`login ${elsewhere.url} --code ${await aCode()}`)
    expect(again.stderr).toContain('[INSTANCE_CHANGED]')
  })

  test('a redirect at the address gets no bearer', async () => {
    using machine = aMachine()
    await using elsewhere = await anImpostor((_request, response) => {
      response.writeHead(308, { location: 'https://elsewhere.example/' }).end()
    })
    await loggedIn(machine)
    moveTo(machine, elsewhere.url)
    const run = await machine.spl('thread list')
    expect(run.stderr).toContain('[REDIRECTED]')
    expect(elsewhere.asked).toEqual(['GET /v1/identity/proof -'])
  })

  test.each([0o644, 0o640, 0o604])('a file of mode %o is not used', async (mode) => {
    using machine = aMachine()
    await loggedIn(machine)
    chmodSync(machine.file, mode)
    const run = await machine.spl('thread list')
    expect(run).toMatchObject({ code: 4, stderr: expect.stringContaining('[TOKEN_INSECURE]') })
    expect(run.stderr).toContain('chmod 600')
  })

  test.each(['', '{}', '{"object":"login_file","url":"file:///etc"}'])(
    'a file with %j is told, and removed by spl logout',
    async (text) => {
      using machine = aMachine()
      writeFileSync(machine.file, text, { mode: 0o600 })
      const run = await machine.spl('thread list')
      expect(run.stderr).toContain('[LOGIN_UNREADABLE]')
      expect((await machine.spl('logout')).code).toBe(0)
      expect(existsSync(machine.file)).toBe(false)
    },
  )
})

describe('a certificate made at home', () => {
  test('is trusted with --ca, remembered, and nothing else then is', async () => {
    using machine = aMachine()
    using keys = aHome()
    await using tls = await behindTls(keys.path)
    const code = await aCode()
    const blind = await machine.spl(`login ${tls.url} --code ${code}`)
    expect(blind.stderr).toContain('[DAEMON_UNREACHABLE]')
    expect(blind.stderr).toContain('a server answers at')
    expect(blind.stderr).not.toContain('use-system-ca')
    expect(blind.stderr).toContain('--ca')
    // The daemon does not know that this port leads to it, and does not prove itself for it.
    const unknown = await machine.spl(`login ${tls.url} --code ${code} --ca ${tls.ca}`)
    expect(unknown.stderr).toContain('spl config set allowed_hosts localhost')
    await served.post('/v1/config/allowed_hosts', { value: ['localhost'] })
    const run = await machine.spl(`login ${tls.url} --code ${code} --ca ${tls.ca}`)
    expect(run.code).toBe(0)
    expect((await machine.spl('thread list')).code).toBe(0)
    using otherKeys = aHome()
    await using impostor = await behindTls(otherKeys.path)
    moveTo(machine, impostor.url)
    expect((await machine.spl('thread list')).stderr).toContain('[DAEMON_UNREACHABLE]')
    moveTo(machine, tls.url)
    const none = await machine.spl(`login ${tls.url} --code ${code} --ca ${machine.file}`)
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('[CA_UNREADABLE]') })
  })
})

/** TLS in front of the daemon, byte for byte. */
async function behindTls(directory: string) {
  const pair = await selfSignedCertificate(directory, 'localhost', Date.now())
  const keys = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) }
  const server = createTlsServer(keys, (socket) => {
    const daemon = connect(served.daemon.addresses.tcp.port, '127.0.0.1')
    socket.on('error', () => daemon.destroy())
    daemon.on('error', () => socket.destroy())
    socket.pipe(daemon).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: pair.cert,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
