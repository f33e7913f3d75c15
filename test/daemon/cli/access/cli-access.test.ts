import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startDaemon, type Daemon } from '../../../../local-daemon/daemon.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import type { SplRun } from '../../../support/cli/run-spl.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { splWithInput } from '../spl-with-input.ts'

const BEARER = /^spl_prod_sa_[0-9a-z]{10,26}_[1-9A-Za-z]{80,110}$/
const SA = /^sa_[0-9a-z]{10,26}$/
const HASH = /^[0-9a-f]{64}$/

let home: ReturnType<typeof aHome>
let daemon: Daemon
let base: string

beforeAll(async () => {
  home = aHome()
  daemon = await startDaemon({ home: home.path, port: 0 })
  base = `http://127.0.0.1:${daemon.addresses.tcp.port}`
})

afterAll(async () => {
  await daemon.stop()
  home[Symbol.dispose]()
})

function spl(...args: string[]): Promise<SplRun> {
  return runHere(args, { home: home.path })
}

type Answer = Record<string, unknown>

async function splJson(...args: string[]): Promise<Answer> {
  const run = await spl(...args, '--json')
  expect(run).toMatchObject({ code: 0, stderr: '' })
  expect(run.stdout.split('\n')).toHaveLength(2)
  return JSON.parse(run.stdout) as Answer
}

async function accountNamed(name: string, ...options: string[]): Promise<string> {
  const { id } = await splJson('service-account', 'create', '--name', name, ...options)
  return String(id)
}

/** Makes a bearer and gives it as a shell's `$(…)` would. */
async function bearerOf(...args: string[]): Promise<string> {
  const run = await spl(...args)
  expect(run.code).toBe(0)
  const bearer = run.stdout.trimEnd()
  expect(bearer).toMatch(BEARER)
  expect(run.stderr).not.toContain(bearer.split('_').at(-1))
  return bearer
}

async function statusFor(bearer: string): Promise<number> {
  const headers = { authorization: `Bearer ${bearer}` }
  return (await fetch(`${base}/v1/threads`, { headers })).status
}

async function statusOfWrite(bearer: string): Promise<number> {
  const record = { thread: 'th_x', actor: 'did:sync:user:a', act: 'INTEND', body: { goal: 'x' } }
  const response = await fetch(`${base}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(record),
  })
  return response.status
}

describe('spl service-account', () => {
  test('create makes one without a bearer, and says how to get it', async () => {
    const run = await spl('service-account', 'create', '--name', 'laptop')
    expect(run.code).toBe(0)
    expect(run.stdout).toMatch(/^Account {4}sa_\w+\nName {7}laptop\n/)
    expect(run.stdout).toMatch(/^Scopes {5}records:read, records:write$/m)
    expect(run.stderr).toMatch(/^it has no bearer token yet: spl token create --sa sa_\w+\n$/)
  })

  test('create passes on all that it was told', async () => {
    const args = ['--name', 'bot', '--scopes', 'admin,config:read', '--env-tag', 'test']
    const actors = ['--actors', 'did:sync:agent:a,did:sync:agent:b']
    expect(await splJson('service-account', 'create', ...args, ...actors)).toMatchObject({
      object: 'service_account',
      id: expect.stringMatching(SA),
      name: 'bot',
      scopes: ['admin', 'config:read'],
      actors: ['did:sync:agent:a', 'did:sync:agent:b'],
      namespace: 'default',
      env: 'test',
      active: true,
      minted: null,
      edge: { state: 'none' },
    })
  })

  test('create --with-token prints the bearer alone, and it works', async () => {
    const line = ['service-account', 'create', '--name', 'ci', '--with-token']
    expect(await statusFor(await bearerOf(...line))).toBe(200)
  })

  test('create --out keeps the bearer out of stdout and of --json', async () => {
    const out = join(home.path, 'ci.token')
    const line = ['service-account', 'create', '--name', 'out', '--ttl', '1h', '--out', out]
    const run = await spl(...line, '--json')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const bearer = (await readFile(out, 'utf8')).trimEnd()
    expect(bearer).toMatch(BEARER)
    expect((await stat(out)).mode & 0o777).toBe(0o600)
    expect(run.stdout).not.toContain(bearer.split('_').at(-1))
    const { minted } = JSON.parse(run.stdout) as { minted: Record<string, number> }
    expect(minted).not.toHaveProperty('token')
    expect(Number(minted['expires_at']) - Number(minted['created_at'])).toBe(3600)
    expect(await statusFor(bearer)).toBe(200)
  })

  test('create --bootstrap is refused where there is an account', async () => {
    await accountNamed('first')
    const out = join(home.path, 'root.token')
    const line = ['service-account', 'create', '--name', 'root', '--bootstrap', '--out', out]
    const run = await spl(...line)
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/\[BOOTSTRAP_CLOSED\]\ntry: \S/)
    await expect(stat(out)).rejects.toThrow('ENOENT')
  })

  test('list and describe show it with its tokens', async () => {
    const id = await accountNamed('shown')
    const bearer = await bearerOf('token', 'create', '--sa', id)
    const list = await splJson('service-account', 'list', '--limit', '1000')
    expect(list['data']).toContainEqual(expect.objectContaining({ id, name: 'shown' }))
    const one = await spl('service-account', 'list', '--limit', '1')
    expect(one.stdout).toMatch(/^ACCOUNT +NAME +ACTIVE +ENV +CREATED +SCOPES\nsa_.*\n$/)
    expect(one.stderr).toBe('more exist: --limit 10\n')
    const described = await splJson('service-account', 'describe', id)
    expect(described).toMatchObject({ id, active: true, revoked_at: null })
    const [token] = described['tokens'] as { token_id: string }[]
    const shown = await spl('service-account', 'describe', id)
    expect(shown.stdout).toMatch(/^Account +sa_/)
    expect(shown.stdout).toContain(`\n${token?.token_id.slice(0, 12)}  shown  ${id}  `)
    const info = await splWithInput(['token', 'info', '-', '--json'], bearer, { home: home.path })
    expect(JSON.parse(info.stdout)).toMatchObject({ token_id: token?.token_id })
  })

  test('describe reports that there is none', async () => {
    const run = await spl('service-account', 'describe', 'sa_00000000000000/..')
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/^error: .*\ntry: \S/)
  })

  test('revoke ends its bearers at once, with a reason', async () => {
    const id = await accountNamed('lost phone')
    const bearer = await bearerOf('token', 'create', '--sa', id)
    const run = await spl('service-account', 'revoke', id, '--reason', 'lost & found')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(/^Active +no$/m)
    expect(run.stdout).toMatch(/^Reason +lost & found$/m)
    expect(await statusFor(bearer)).toBe(401)
    const described = await splJson('service-account', 'describe', id)
    expect(described).toMatchObject({ active: false, reason: 'lost & found' })
  })
})

describe('spl token', () => {
  test('create, list, revoke by the beginning of its id', async () => {
    const id = await accountNamed('tokens')
    // Its expiry and its creation are of the same second.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const bearer = await bearerOf('token', 'create', '--sa', id, '--ttl', '90s').finally(() =>
      vi.useRealTimers(),
    )
    const list = await splJson('token', 'list', '--sa', id)
    const [token] = list['data'] as Answer[]
    expect(list['data']).toHaveLength(1)
    expect(token).toMatchObject({ object: 'token', service_account_id: id, revoked_at: null })
    expect(Number(token?.['expires_at']) - Number(token?.['created_at'])).toBe(90)
    const table = await spl('token', 'list', '--sa', id)
    const [, shortId = ''] = /^TOKEN .*\n([0-9a-f]{12}) {2}tokens {2}sa_/.exec(table.stdout) ?? []
    expect(token?.['token_id']).toMatch(new RegExp(`^${shortId}`))

    const other = await accountNamed('other')
    const wrong = await spl('token', 'revoke', '--sa', other, '--token-id', shortId)
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain(`[TOKEN_UNKNOWN]\ntry: spl token list --sa ${other}`)
    expect(await statusFor(bearer)).toBe(200)

    const run = await spl('token', 'revoke', '--sa', id, '--token-id', shortId)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(/^Revoked +\d{4}-/m)
    expect(await statusFor(bearer)).toBe(401)
  })

  test('create --json --out', async () => {
    const id = await accountNamed('scripts')
    const out = join(home.path, 'scripts.token')
    const made = await splJson('token', 'create', '--sa', id, '--out', out)
    expect(made).toMatchObject({ object: 'token', token_id: expect.stringMatching(HASH) })
    expect(made).not.toHaveProperty('token')
    expect(await statusFor((await readFile(out, 'utf8')).trimEnd())).toBe(200)
  })

  test('rotate ends the others once there is a new one', async () => {
    const id = await accountNamed('rotated')
    const old = await bearerOf('token', 'create', '--sa', id)
    const run = await spl('token', 'rotate', id)
    expect(run.stderr).toMatch(/^revoked [0-9a-f]{12}$/m)
    const fresh = run.stdout.trimEnd()
    expect(fresh).toMatch(BEARER)
    expect(await Promise.all([statusFor(old), statusFor(fresh)])).toEqual([401, 200])
    const out = join(home.path, 'rotated.token')
    const again = await splJson('token', 'rotate', id, '--ttl', '30d', '--out', out)
    expect(again).toMatchObject({ service_account_id: id, revoked: [expect.stringMatching(HASH)] })
    expect(again).not.toHaveProperty('token')
  })
})

describe('spl config', () => {
  test('show lists every setting with its source', async () => {
    const config = await splJson('config', 'show')
    expect(config).toMatchObject({ object: 'config', edge: { state: 'none' } })
    const keys = (config['settings'] as { key: string }[]).map(({ key }) => key)
    const { SETTING_KINDS } = await import('../../../../local-daemon/cli/parse/setting-kinds.ts')
    expect(keys.toSorted()).toEqual(Object.keys(SETTING_KINDS).toSorted())
    const shown = await spl('config', 'show')
    expect(shown.stdout).toMatch(/^SETTING +VALUE +SOURCE +SET\n/)
    expect(shown.stdout).toMatch(/^strict_actor_header +(?:true|false) +default +-$/m)
    expect(shown.stdout).not.toContain('edge:')
  })

  test('set takes a switch, a number and a list', async () => {
    const run = await spl('config', 'set', 'strict_impersonation_enforcement', 'true')
    expect(run.code).toBe(0)
    expect(run.stdout).toBe('strict_impersonation_enforcement: true\n')
    expect(await splJson('config', 'set', 'token_burst', '77')).toMatchObject({
      object: 'setting',
      key: 'token_burst',
      value: 77,
      record_id: expect.stringMatching(HASH),
      edge: { state: 'none' },
    })
    const proxies = await splJson('config', 'set', 'trusted_proxies', '10.0.0.2,10.0.0.3', '::1')
    expect(proxies['value']).toEqual(['10.0.0.2', '10.0.0.3', '::1'])
    const shown = await spl('config', 'show')
    expect(shown.stdout).toMatch(/^token_burst +77 +record +\d{4}-\d\d-\d\d \d\d:\d\d$/m)
  })

  test('auth-set-cors-origins replaces the list, and empties it', async () => {
    const both = ['https://a.example', 'https://b.example']
    const spaces = await splJson('config', 'auth-set-cors-origins', ...both)
    const commas = await splJson('config', 'auth-set-cors-origins', both.join(','))
    expect([spaces['value'], commas['value']]).toEqual([both, both])
    const run = await spl('config', 'auth-set-cors-origins', '')
    expect(run).toMatchObject({ code: 0, stdout: 'auth_cors_origins: (none)\n' })
  })

  test("passes on the daemon's refusal", async () => {
    const run = await spl('config', 'auth-set-cors-origins', 'https://a.example/path')
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/\[INVALID_SETTING\]\ntry: \S/)
  })
})

describe('spl pair', () => {
  function pairing(device: string, ...options: string[]): Promise<SplRun> {
    return spl('pair', '--device', device, '--url', base, ...options)
  }

  test('prints a link, a QR code and the same as text', async () => {
    const run = await pairing('phone', '--page', 'https://a.example/pair')
    expect(run.code).toBe(0)
    const [link = '', ...rest] = run.stdout.split('\n')
    expect(link).toMatch(/^https:\/\/a\.example\/pair#[\w-]+$/)
    const json = Buffer.from(new URL(link).hash.slice(1), 'base64url').toString()
    const payload = JSON.parse(json) as Record<string, string>
    expect(Object.keys(payload)).toEqual(['url', 'token', 'device'])
    expect(payload).toMatchObject({ url: base, device: 'phone' })
    expect(await statusFor(payload['token'] ?? '')).toBe(200)
    expect(rest.filter((line) => /^[█▀▄ ]{60,80}$/.test(line)).length).toBeGreaterThan(30)
    expect(run.stdout).toContain(`\nURL     ${base}\nToken   ${payload['token']}\nDevice  phone\n`)
    expect(run.stderr).toMatch(/^warning: .* cannot reach it$/m)
    expect(run.stderr).toMatch(/^to revoke it: spl service-account revoke sa_\w+$/m)
    expect(run.stderr).not.toContain(payload['token'])
  })

  test('--no-qr prints one line of JSON, and a viewer only reads', async () => {
    const run = await pairing('viewer-hall', '--no-qr')
    const { token = '' } = JSON.parse(run.stdout) as Record<string, string>
    expect(run.stdout).toBe(`${JSON.stringify({ url: base, token, device: 'viewer-hall' })}\n`)
    expect(await statusFor(token)).toBe(200)
    expect(await statusOfWrite(token)).toBe(403)
  })

  test('makes an account for each device', async () => {
    await pairing('twin')
    await pairing('twin')
    const { data } = await splJson('service-account', 'list', '--limit', '1000')
    expect((data as Answer[]).filter(({ name }) => name === 'twin')).toHaveLength(2)
  })

  test('--json says all but the secret, which is in a file', async () => {
    const out = join(home.path, 'phone.json')
    const run = await pairing('phone', '--json', '--out', out)
    expect(run.code).toBe(0)
    const { token } = JSON.parse(await readFile(out, 'utf8')) as { token: string }
    expect(token).toMatch(BEARER)
    expect(run.stdout).not.toContain(token)
    expect(JSON.parse(run.stdout)).toMatchObject({
      object: 'pairing',
      url: base,
      device: 'phone',
      account: { id: expect.stringMatching(SA), minted: { object: 'token' } },
    })
  })

  test('warns that another daemon answers', async () => {
    using another = aHome()
    const other = await startDaemon({ home: another.path, port: 0 })
    try {
      const url = `http://127.0.0.1:${other.addresses.tcp.port}`
      const run = await spl('pair', '--device', 'x', '--url', url, '--no-qr')
      expect(run.code).toBe(0)
      expect(run.stderr).toContain(`another daemon answers at ${url}: ${other.identity.did}`)
    } finally {
      await other.stop()
    }
  })

  test('--invite gives a code that is redeemed once', async () => {
    const invited = await pairing('tablet', '--invite', '--no-qr')
    const { invite = '' } = JSON.parse(invited.stdout) as Record<string, string>
    expect(invited.stdout).toBe(`${JSON.stringify({ url: base, invite, device: 'tablet' })}\n`)
    expect(invite).toMatch(/^spi_/)
    expect(invited.stderr).toMatch(
      /can be used once, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d/,
    )
    expect(invited.stderr).toContain(`\n  spl login ${base}\n`)
    expect(invited.stderr).not.toContain(invite)

    using device = aHome()
    const where = { home: device.path }
    const line = ['pair', 'redeem', '-', '--url', base, '--save', '--json']
    const redeemed = await splWithInput(line, `${invite}\n`, where)
    expect(redeemed).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(redeemed.stdout)).toMatchObject({
      object: 'pairing',
      device: 'tablet',
      instance_did: daemon.identity.did,
      scopes: ['records:read', 'records:write'],
    })
    const bearer = (await readFile(join(device.path, 'token'), 'utf8')).trimEnd()
    expect(bearer).toMatch(BEARER)
    expect(redeemed.stdout).not.toContain(bearer)
    const list = await runHere(['thread', 'list'], { ...where, env: { SPL_SERVE_URL: base } })
    expect(list.code).toBe(0)

    const again = await runHere(['pair', 'redeem', invite, '--url', base], where)
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toMatch(/\[CODE_USED\]\ntry: \S/)
    expect(again.stderr).toContain(`spl pair --invite --device <label> --url ${base}\n`)
  })

  test('an invite is listed without its code and taken back', async () => {
    const invited = await pairing('lamp', '--invite', '--no-qr')
    const { invite = '' } = JSON.parse(invited.stdout) as Record<string, string>
    const shown = await spl('pair', 'invites')
    expect(shown.stdout).toMatch(/^[0-9a-f]{12} +lamp +open +\d{4}-/m)
    expect(shown.stdout).toMatch(/^[0-9a-f]{12} +tablet +redeemed +\d{4}-/m)
    expect(shown.stdout).not.toContain('spi_')
    const id = /^([0-9a-f]{12}) +lamp/m.exec(shown.stdout)?.[1] ?? ''
    expect((await spl('pair', 'cancel', id)).stdout).toBe('cancelled the invite for lamp\n')
    using device = aHome()
    const late = await runHere(['pair', 'redeem', invite, '--url', base], { home: device.path })
    expect(late.stderr).toMatch(/\[AUTH_INVALID\]\ntry: \S/)
    expect(late.stderr).toContain(
      `try: at home: spl pair --invite --device <label> --url ${base}\n`,
    )
    const wrong = await spl('pair', 'cancel', 'x')
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
  })

  test('--invite shows the code in its link and how long it lives', async () => {
    const before = Math.floor(Date.now() / 1000)
    const out = join(home.path, 'invite.json')
    const args = ['--invite-ttl', '1h', '--json', '--out', out]
    const run = await pairing('browser-desk', ...args)
    const made = JSON.parse(run.stdout) as Answer
    expect(made).toMatchObject({ object: 'invite', device: 'browser-desk', scopes: ['admin'] })
    expect(made).not.toHaveProperty('code')
    expect(Number(made['expires_at']) - before).toBeGreaterThanOrEqual(3600)
    const { invite } = JSON.parse(await readFile(out, 'utf8')) as { invite: string }
    const bearer = await runHere(['pair', 'redeem', invite, '--url', base], { home: home.path })
    expect(bearer.stdout.trimEnd()).toMatch(BEARER)
    expect(bearer.stderr).toContain('Device   browser-desk')
  })
})
