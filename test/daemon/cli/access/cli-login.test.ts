import { existsSync, readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from '../../../support/cli/run-here.ts'
import { aDaemon, type TestDaemon } from '../../../support/daemon/a-daemon.ts'
import { proveAs } from './prove-as.ts'
import { splWithInput } from '../spl-with-input.ts'
import { aMachine, anImpostor, logIn, pairingCode, type Machine } from './login-machine.ts'

let served: TestDaemon
let did: string

beforeAll(async () => {
  served = await aDaemon()
  did = served.daemon.identity.did
})

afterAll(() => served[Symbol.asyncDispose]())

const aCode = (scopes?: readonly string[]) => pairingCode(served, scopes)
const loggedIn = (machine: Machine, scopes?: readonly string[]) => logIn(machine, served, scopes)

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
      expect(run.stdout).toContain(`Daemon    ${did}`)
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
  test('works once', async () => {
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
