import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'
import { nothingRuns } from '../../support/processes-of.ts'
import { runFitting } from '../../support/cli/run-here.ts'
import { startSpl, type SplRun } from '../../support/cli/run-spl.ts'

/** Every name below `.test` is this machine, for each process of the test: there is no DNS here. */
const NAMES_ARE_HERE = `
import dns from 'node:dns'
const real = dns.lookup
dns.lookup = (host, given, then) => {
  const [options, done] = typeof given === 'function' ? [{}, given] : [given, then]
  if (!host.endsWith('.test')) return real(host, options, done)
  const here = { address: '127.0.0.1', family: 4 }
  return options.all ? done(null, [here]) : done(null, here.address, here.family)
}
`

interface Ready {
  readonly url: string
  readonly cacert: string
}

describe('a gateway for a team on one machine, from the command line', () => {
  const scratch = aHome()
  const homeOf = (name: string) => join(scratch.path, name)
  const env = { NODE_OPTIONS: `--import=${join(scratch.path, 'names.mjs')}`, NO_COLOR: '1' }
  let gateway: ChildProcess
  let ready: Ready

  const spl = (who: string, ...args: string[]) => runFitting(args, { home: homeOf(who), env })
  const asked = (who: string, ...args: string[]) =>
    spl(who, 'gateway', ...args, '--url', ready.url, '--ca', ready.cacert)
  const done = async (run: Promise<SplRun>): Promise<string> => {
    const { code, stdout, stderr } = await run
    expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
    return stdout
  }
  const codeIn = ({ code, stderr }: SplRun) => `${code} ${/\[([A-Z_]+)\]/.exec(stderr)?.[1]}`
  const json = async (run: Promise<SplRun>) =>
    JSON.parse(await done(run)) as Record<string, unknown>

  /** From outside, under a hostname, as a browser would ask it. */
  async function ask(hostname: string, path: string, bearer?: string) {
    const { port } = new URL(ready.url)
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      servername: hostname,
      ca: readFileSync(ready.cacert),
      agent: false,
      headers: {
        host: `${hostname}:${port}`,
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
    }).end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return {
      status: answer.statusCode,
      body: JSON.parse(await text(answer)) as Record<string, unknown>,
    }
  }

  const bearers: Record<string, string> = {}
  const dids: Record<string, string> = {}

  beforeAll(async () => {
    writeFileSync(join(scratch.path, 'names.mjs'), NAMES_ARE_HERE)
    for (const who of ['admin', 'bob']) {
      const report = await json(spl(who, 'serve', '--daemon', '--port', '0', '--json'))
      bearers[who] = String(report['admin_bearer'])
      dids[who] = String(report['instance_did'])
    }
    const line = ['gateway', 'serve', '--admin', 'self', '--self-signed', '--port', '0', '--json']
    const names = ['--hostname', 'spl.test', '*.spl.test']
    gateway = startSpl([...line, ...names], { home: homeOf('admin'), env })
    const [data] = (await once(gateway.stdout as Readable, 'data')) as [Buffer]
    ready = JSON.parse(data.toString()) as Ready
  }, 60_000)

  afterAll(async () => {
    for (const who of ['admin', 'bob']) await spl(who, 'serve', '--stop')
    gateway.kill('SIGTERM')
    await once(gateway, 'close')
    await nothingRuns(scratch.path)
    scratch[Symbol.dispose]()
  }, 60_000)

  test('two homes join under two hostnames, and each is reached under its own alone', async () => {
    expect(await ask('bob.spl.test', '/health')).toMatchObject({
      status: 421,
      body: { code: 'HOSTNAME_UNKNOWN' },
    })
    // The admin is an owner like any other.
    for (const [who, hostname] of [
      ['admin', 'ada.spl.test'],
      ['bob', 'bob.spl.test'],
    ] as const) {
      const link = (await done(asked('admin', 'invite', '--hostname', hostname))).trim()
      expect(link).toMatch(/^https:\/\/spl\.test:\d+\/#spg_/)
      const joined = spl(who, 'gateway', 'join', link, '--ca', ready.cacert, '--connect', '--json')
      expect(await json(joined)).toMatchObject({
        object: 'gateway_hostname',
        hostname,
        owner: dids[who],
        url: ready.url.replace('spl.test', hostname),
      })
      expect(await ask(hostname, '/health')).toMatchObject({ body: { instance_did: dids[who] } })
    }
    expect(await ask('bob.spl.test', '/v1/threads', bearers['bob'])).toMatchObject({ status: 200 })
    expect(await ask('ada.spl.test', '/v1/threads', bearers['bob'])).toMatchObject({
      status: 401,
      body: { code: 'AUTH_INVALID', hop: 'gateway' },
    })
    expect(await ask('spl.test', '/health')).toMatchObject({ status: 421 })
  }, 120_000)

  test('only the admin sees whose they are', async () => {
    const list = (await json(asked('admin', 'list', '--json'))) as { data: object[] }
    expect(list.data).toMatchObject([
      { hostname: 'ada.spl.test', owner: dids['admin'], connected: true },
      { hostname: 'bob.spl.test', owner: dids['bob'], connected: true },
    ])
    const shown = await done(asked('admin', 'list'))
    expect(shown).toMatch(/^HOSTNAME +HOME +SINCE +OWNER\n/)
    expect(shown).toContain(dids['bob'])
    // Without --url it is the gateway of the daemon here, which answers on each of its hostnames.
    expect(await done(spl('admin', 'gateway', 'list'))).toBe(shown)
    for (const args of [['list'], ['revoke', 'ada.spl.test'], ['invite']]) {
      expect(codeIn(await asked('bob', ...args))).toBe('4 SIGNATURE_INVALID')
    }
  }, 60_000)

  test('an invite for a choice of names says what it is for, and works once', async () => {
    const link = (await done(asked('admin', 'invite', '--ttl', '1h'))).trim()
    const join = (...args: string[]) =>
      spl('bob', 'gateway', 'join', link, '--ca', ready.cacert, ...args)
    expect(codeIn(await join())).toBe('4 HOSTNAME_NOT_INVITED')
    expect(codeIn(await join('--hostname', 'ada.spl.test'))).toBe('1 HOSTNAME_TAKEN')
    expect(codeIn(await join('--hostname', 'spl.test'))).toBe('4 HOSTNAME_NOT_INVITED')
    const { stdout, stderr } = await join('--hostname', 'Bob2.spl.test')
    expect(stdout).toContain('bob2.spl.test')
    expect(stderr).toMatch(/next: spl serve --restart --gateway https:\/\/bob2\.spl\.test:\d+/)
    expect(codeIn(await join('--hostname', 'bob3.spl.test'))).toBe('1 CODE_USED')
    expect(await done(asked('admin', 'list', '--invites'))).toContain('joined as bob2.spl.test')
  }, 60_000)

  test('an invite is written to a file, and is taken back', async () => {
    const out = join(scratch.path, 'link')
    const invite = await json(asked('admin', 'invite', '--json', '--out', out))
    expect(JSON.stringify(invite)).not.toContain('spg_')
    expect(statSync(out).mode & 0o777).toBe(0o600)
    await done(asked('admin', 'revoke', String(invite['invite_id'])))
    const link = readFileSync(out, 'utf8').trim()
    const args = ['--hostname', 'x.spl.test', '--ca', ready.cacert]
    expect(codeIn(await spl('bob', 'gateway', 'join', link, ...args))).toBe('4 INVITE_INVALID')
    expect(codeIn(await asked('admin', 'invite', '--json'))).toBe('2 TOKEN_NEEDS_OUT')
  }, 60_000)

  test.for([
    [['join', 'spi_x'], '2 INVITE_INVALID'],
    [['join', 'https://spl.test/x#spg_x'], '2 INVITE_INVALID'],
    [['join', '-', '--hostname', 'a.test:1'], '2 INVALID_ARGUMENT'],
    [['invite', '--hostname', 'bücher.test'], '2 INVALID_ARGUMENT'],
    [['invite', '--hostname', 'a.test.'], '2 INVALID_ARGUMENT'],
    [['invite', '--ttl', '31d'], '2 INVALID_ARGUMENT'],
    [['revoke', 'nobody.spl.test'], '1 NOT_FOUND'],
    [['revoke', '*.spl.test'], '2 INVALID_ARGUMENT'],
  ] as const)('%j is refused: %s', async ([args, expected]) => {
    expect(codeIn(await asked('admin', ...args))).toBe(expected)
  })

  test('without a daemon, a gateway or a key it says what to do', async () => {
    expect(codeIn(await spl('nobody', 'gateway', 'list'))).toBe('2 GATEWAY_NOT_CONFIGURED')
    expect(codeIn(await asked('nobody', 'list'))).toBe('2 IDENTITY_MISSING')
    expect(codeIn(await spl('admin', 'gateway', 'invite'))).toBe('2 HOSTNAME_NEEDED')
  })

  test('who is taken back is cut off at once, and says so; the others are not', async () => {
    await done(asked('admin', 'revoke', 'bob.spl.test'))
    expect(await ask('bob.spl.test', '/v1/threads', bearers['bob'])).toMatchObject({ status: 421 })
    await until('his status says why', async () =>
      (await spl('bob', 'tunnel', 'status')).stdout.includes('HOSTNAME_UNKNOWN'),
    )
    expect(await ask('ada.spl.test', '/v1/threads', bearers['admin'])).toMatchObject({
      status: 200,
    })
    expect(await done(asked('admin', 'list'))).not.toContain('bob.spl.test')
  }, 60_000)
})
