import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkWay } from '../../../local-daemon/cli/login/check-way.ts'
import { selfSignedCertificate } from '../../../local-daemon/gateway/self-signed.ts'
import { runHere } from '../../support/run-here.ts'
import type { SplRun } from '../../support/run-spl.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/a-daemon.ts'
import { proveAs } from '../access/prove-as.ts'
import { splWithInput } from '../../support/spl-with-input.ts'

let served: TestDaemon
let did: string

beforeAll(async () => {
  served = await aDaemon()
  did = served.daemon.identity.did
})

afterAll(() => served[Symbol.asyncDispose]())

async function aCode(scopes: readonly string[] = ['records:read', 'records:write']) {
  const answer = await served.post('/v1/invites', { device: 'laptop', scopes })
  return ((await answer.json()) as { code: string }).code
}

interface Machine extends Disposable {
  readonly path: string
  readonly file: string
  spl(line: string, env?: Record<string, string>): Promise<SplRun>
}

/** A second machine: a home without a daemon. */
function aMachine(): Machine {
  const home = aHome()
  return {
    path: home.path,
    file: join(home.path, 'remote.json'),
    spl: (line, env = {}) => runHere(line.split(' '), { home: home.path, env }),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

async function loggedIn(machine: Machine, scopes?: readonly string[]): Promise<void> {
  const run = await machine.spl(`login ${served.base} --code ${await aCode(scopes)}`)
  expect(run.code).toBe(0)
}

interface Elsewhere extends AsyncDisposable {
  readonly url: string
  /** What was asked, with the bearer. */
  readonly asked: string[]
}

/** A server that is not what it should be. */
async function anImpostor(listener: RequestListener): Promise<Elsewhere> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    asked.push(`${request.method} ${path} ${request.headers.authorization ?? '-'}`)
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('spl login', () => {
  test('keeps address, identity and bearer in a file of mode 0600, and commands go there', async () => {
    using machine = aMachine()
    const run = await machine.spl(`login ${served.base} --code ${await aCode()} --json`)
    expect(run.stderr).toBe('')
    expect(JSON.parse(run.stdout)).toMatchObject({
      object: 'login',
      url: served.base,
      instance_did: did,
      device: 'laptop',
      scopes: ['records:read', 'records:write'],
      path: machine.file,
      is_default: true,
    })
    expect(statSync(machine.file).mode & 0o777).toBe(0o600)
    const { bearer } = JSON.parse(readFileSync(machine.file, 'utf8')) as { bearer: string }
    expect(bearer).toMatch(/^spl_/)
    expect(run.stdout).not.toContain(bearer)

    const record = await machine.spl('intend paint --json')
    const { service_account_id } = JSON.parse(run.stdout) as { service_account_id: string }
    // Nobody has said that this laptop may speak for its user.
    expect(JSON.parse(record.stdout)).toMatchObject({
      actor: expect.stringContaining(service_account_id),
    })
    const named = await machine.spl('intend paint --actor did:sync:user:ada')
    expect(named.stderr).toContain('[DID_CLAIM_DENIED]')
    expect((await machine.spl('thread list')).stdout).toContain('paint')
    const status = await machine.spl('status --json')
    expect(JSON.parse(status.stdout)).toMatchObject({
      address: served.base,
      instance_did: did,
      account: { scopes: ['records:read', 'records:write'] },
    })
    const source = await machine.spl('token show-source --json')
    expect(JSON.parse(source.stdout)).toMatchObject({ source: 'login', path: machine.file })
  })

  test('reads the code from stdin, with --code - and without', async () => {
    for (const args of [['--code', '-'], []]) {
      using machine = aMachine()
      const code = `${await aCode()}\n`
      const run = await splWithInput(['login', served.base, ...args], code, { home: machine.path })
      expect(run.code).toBe(0)
      expect(run.stdout).toContain(`Daemon   ${did}`)
    }
  })

  test('with the identity that is expected', async () => {
    using machine = aMachine()
    const code = await aCode()
    const other = await machine.spl(`login ${served.base} --code ${code} --did did:key:z6MkOther`)
    expect(other.stderr).toContain('[INSTANCE_UNEXPECTED]')
    expect(existsSync(machine.file)).toBe(false)
    // The code was not spent on it.
    expect((await machine.spl(`login ${served.base} --code ${code} --did ${did}`)).code).toBe(0)
  })

  test('leaves a home with a daemon of its own to that daemon', async () => {
    await using own = await aDaemon()
    const home = own.daemon.home.root
    const run = await runHere(['login', served.base, '--code', await aCode()], { home })
    expect(run.stderr).toContain('stays the default')
    const here = await runHere(['status', '--json'], { home })
    expect(JSON.parse(here.stdout)).toMatchObject({ instance_did: own.daemon.identity.did })
    const env = { SPL_SERVE_URL: served.base }
    const there = await runHere(['status', '--json'], { home, env })
    expect(JSON.parse(there.stdout)).toMatchObject({ instance_did: did })
    expect((await runHere(['thread', 'list'], { home, env })).code).toBe(0)
  })

  test('lets SPL_SERVE_URL, SPL_TOKEN and --token win, and sends its bearer to no other address', async () => {
    using machine = aMachine()
    await loggedIn(machine)
    const refused = await machine.spl('thread list', { SPL_TOKEN: 'spl_x' })
    expect(refused.code).toBe(4)
    await using elsewhere = await anImpostor((_request, response) => response.end('{}'))
    const run = await machine.spl('thread list', { SPL_SERVE_URL: elsewhere.url })
    expect(run.stderr).toContain('[TOKEN_MISSING]')
    expect(elsewhere.asked).toEqual([])
  })

  test('again at the same address replaces the bearer, and at another one is refused', async () => {
    using machine = aMachine()
    await loggedIn(machine)
    const before = readFileSync(machine.file, 'utf8')
    await loggedIn(machine)
    expect(readFileSync(machine.file, 'utf8')).not.toBe(before)
    const other = await machine.spl('login http://127.0.0.1:1 --code spi_x')
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('[LOGIN_EXISTS]') })
  })

  test('a bearer that is rotated is kept with the login', async () => {
    using machine = aMachine()
    await loggedIn(machine)
    const { stdout } = await machine.spl('token show-source --json')
    const { service_account_id: id } = JSON.parse(stdout) as { service_account_id: string }
    const rotated = await runHere(['token', 'rotate', id], { home: served.daemon.home.root })
    expect((await machine.spl('thread list')).code).toBe(4)
    const saved = await splWithInput(['token', 'save', '-'], rotated.stdout, { home: machine.path })
    expect(saved.stdout).toContain(machine.file)
    expect((await machine.spl('thread list')).code).toBe(0)
  })
})

describe('a code', () => {
  test('is good once', async () => {
    using first = aMachine()
    using second = aMachine()
    const code = await aCode()
    expect((await first.spl(`login ${served.base} --code ${code}`)).code).toBe(0)
    const again = await second.spl(`login ${served.base} --code ${code}`)
    expect(again.stderr).toContain('[CODE_USED]')
    expect(existsSync(second.file)).toBe(false)
  })

  test('is taken out of the line that spl pair --invite --no-qr prints', async () => {
    using machine = aMachine()
    const line = JSON.stringify({ url: served.base, invite: await aCode(), device: 'phone' })
    const run = await splWithInput(['login', served.base, '--code', '-'], line, {
      home: machine.path,
    })
    expect(run).toMatchObject({ code: 0 })
  })

  test('is a code: a bearer pasted by mistake goes nowhere', async () => {
    using machine = aMachine()
    await using elsewhere = await anImpostor((request, response) => {
      proveAs(served.daemon.identity, request, response)
    })
    const run = await machine.spl(`login ${elsewhere.url} --code ${served.bearer}`)
    expect(run.stderr).toContain('[INVITE_INVALID]')
    expect(elsewhere.asked).toEqual(['GET /v1/identity/proof -'])
  })
})

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

  test('a redirect gets nothing, and nor does where it leads', async () => {
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

/** As if the name had come to lead to another server. */
function moveTo(machine: Machine, url: string): void {
  const login = JSON.parse(readFileSync(machine.file, 'utf8')) as object
  writeFileSync(machine.file, JSON.stringify({ ...login, url }))
}

describe('spl logout', () => {
  test('forgets the bearer, and says how to end it', async () => {
    using machine = aMachine()
    await loggedIn(machine)
    const run = await machine.spl('logout')
    expect(run.stdout).toContain('logged out of')
    expect(run.stderr).toMatch(/spl service-account revoke sa_/)
    expect(existsSync(machine.file)).toBe(false)
    expect((await machine.spl('thread list')).stderr).toContain('[DAEMON_NOT_RUNNING]')
    const again = await machine.spl('logout --json')
    expect(JSON.parse(again.stdout)).toEqual({
      object: 'logout',
      status: 'absent',
      url: null,
      revoked: false,
    })
  })

  test('ends the bearer with --revoke where it may, and stays where it may not', async () => {
    using machine = aMachine()
    await loggedIn(machine, ['admin'])
    const { bearer } = JSON.parse(readFileSync(machine.file, 'utf8')) as { bearer: string }
    expect((await machine.spl('logout --revoke')).code).toBe(0)
    const after = await served.get('/v1/threads', { authorization: `Bearer ${bearer}` })
    expect(after.status).toBe(401)

    await loggedIn(machine)
    const refused = await machine.spl('logout --revoke')
    expect(refused).toMatchObject({ code: 4 })
    expect(refused.stderr).toContain('[LOGOUT_NOT_REVOKED]')
    expect(existsSync(machine.file)).toBe(true)
  })
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
