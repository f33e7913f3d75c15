import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Token } from '../../../local-daemon/cli/client/answers.ts'
import type { Check } from '../../../local-daemon/cli/doctor/check.ts'
import { accessChecks } from '../../../local-daemon/cli/doctor/access-checks.ts'
import { costCheck } from '../../../local-daemon/cli/doctor/cost-check.ts'
import { clockCheck } from '../../../local-daemon/cli/doctor/public-clock.ts'
import { fileChecks } from '../../../local-daemon/cli/doctor/file-checks.ts'
import { linkChecks } from '../../../local-daemon/cli/doctor/link-checks.ts'
import { machineChecks } from '../../../local-daemon/cli/doctor/machine-checks.ts'
import type { DaemonFacts, Survey } from '../../../local-daemon/cli/doctor/survey.ts'
import type { RunningFacts } from '../../../local-daemon/cli/client/running-file.ts'
import { homeAt, type Home } from '../../../local-daemon/home/home.ts'
import { VERSION } from '../../../local-daemon/process/version.ts'
import type { LinkReport } from '../../../local-daemon/edge/link-report.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const NOW_MS = 1_795_000_000_000
const NOW = NOW_MS / 1000
const GIB = 1024 ** 3

const ADMIN: Token = {
  object: 'token',
  token_id: 'a'.repeat(64),
  service_account_id: 'sa_1',
  env: 'prod',
  scopes: ['admin'],
  created_at: NOW - 5,
  expires_at: null,
  revoked_at: null,
}

const LINK: LinkReport = {
  object: 'tunnel',
  configured: true,
  state: 'connected',
  gateway_url: 'https://spl.example.com',
  generation: 3,
  since: NOW_MS - 1000,
  last_connected_at: NOW_MS - 1000,
  rival_at: null,
  last_error: null,
  round_trip_ms: 31,
  clock_offset_ms: 0,
  reconnects: 0,
  open_streams: 0,
  subscribers: 0,
  groups: 0,
  requests: 100,
  bytes_in: 1,
  bytes_out: 1,
  messages_out: 120,
  policy: { sent: 7, acknowledged: 7 },
}

const DAEMON: DaemonFacts = {
  health: {
    status: 'ok',
    version: VERSION,
    instance_did: 'did:key:z6Mk',
    runtime: { node: '24.21.0', sqlite: '3.53.0' },
    store: { records: 12, writable: true, lineage_broken: null, problem: null },
    security: { auth_required: true, insecure_localhost: false },
  },
  settings: { auth_required: true, auth_cors_origins: [], trusted_proxies: [], allowed_hosts: [] },
  settingWarnings: [],
  tokens: [ADMIN],
  link: { object: 'tunnel', configured: false },
  policyVersion: 7,
}

function seen(change: Partial<Survey> = {}, daemon: Partial<DaemonFacts> = {}): Survey {
  return {
    home: homeAt('/home/ada/.syncro'),
    presence: 'answers',
    pid: 4711,
    disk: { free: 50 * GIB, total: 100 * GIB },
    daemon: { ...DAEMON, ...daemon },
    ...change,
  }
}

function seenAt(home: Home, running?: Partial<RunningFacts>): Survey {
  return { home, presence: 'answers', ...(running && { running: running as RunningFacts }) }
}

function named(checks: readonly Check[], name: string): Check {
  const found = checks.find((check) => check.name === name)
  if (found === undefined) throw new Error(`no check ${name}`)
  return found
}

function expectActionable(check: Check): void {
  const bad = check.status === 'warn' || check.status === 'fail'
  expect([check.name, (check.fix ?? '').length > 5]).toEqual([check.name, bad])
}

describe('the machine', () => {
  test('passes when all is well', () => {
    expect(machineChecks(seen()).map(({ name, status }) => [name, status])).toEqual([
      ['daemon', 'pass'],
      ['pid-file', 'pass'],
      ['version', 'pass'],
      ['sqlite', 'pass'],
      ['disk', 'pass'],
      ['store', 'pass'],
    ])
  })

  const gone = (presence: Survey['presence']): Survey => {
    const { daemon: _daemon, pid: _pid, ...rest } = seen({ presence })
    return rest
  }
  test.each<[string, string, string, Survey]>([
    ['daemon', 'fail', 'no daemon runs', gone('absent')],
    ['daemon', 'fail', 'does not answer', gone('silent')],
    ['daemon', 'fail', 'unexpected answer', { ...gone('answers'), silence: 'odd [X]' }],
    [
      'version',
      'warn',
      'the daemon runs version 0.0.9',
      seen({}, { health: { ...DAEMON.health, version: '0.0.9' } }),
    ],
    ['disk', 'warn', '500.0 MiB', seen({ disk: { free: 500 * 1024 ** 2, total: GIB } })],
    ['disk', 'fail', '50.0 MiB', seen({ disk: { free: 50 * 1024 ** 2, total: GIB } })],
    ['disk', 'fail', 'inodes', seen({ disk: { free: 50 * GIB, total: 99 * GIB, inodes: 0 } })],
    [
      'store',
      'fail',
      'It is full [STORE_FULL]',
      seen(
        {},
        {
          health: {
            ...DAEMON.health,
            store: {
              records: 12,
              writable: false,
              problem: { code: 'STORE_FULL', message: 'It is full', try: 'spl status', since: 1 },
            },
          },
        },
      ),
    ],
  ])('%s: %s: %s', (name, status, message, survey) => {
    const check = named(machineChecks(survey), name)
    expect(check.status).toBe(status)
    expect(check.message).toContain(message)
    expectActionable(check)
  })

  test('a daemon that its pid file does not name is found', () => {
    const { pid: _pid, ...rest } = seen()
    expect(named(machineChecks(rest), 'pid-file')).toMatchObject({ status: 'warn' })
  })
})

describe('files', () => {
  const roots: string[] = []
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
  })

  function freshHome() {
    const root = mkdtempSync(join(tmpdir(), 'spl-doctor-'))
    roots.push(root)
    const home = homeAt(root)
    for (const directory of [home.keys, home.run, home.logs]) mkdirSync(directory, { mode: 0o700 })
    for (const file of [home.database, home.instanceKey, join(root, 'token')]) {
      writeFileSync(file, 'x', { mode: 0o600 })
    }
    return home
  }

  test('pass when they are their owner’s alone', () => {
    expect(fileChecks(seenAt(freshHome()))).toEqual([
      {
        name: 'file-modes',
        status: 'pass',
        message: 'only you can read keys, store and bearer token',
      },
    ])
  })

  test.each(['token', 'hub.db', 'keys/instance.key', 'keys', 'run'])(
    'fail when others may read %s, with the chmod that closes it',
    (name) => {
      const home = freshHome()
      const path = join(home.root, name)
      chmodSync(path, 0o755)
      const [check] = fileChecks(seenAt(home))
      expect(check).toMatchObject({ status: 'fail', fix: `chmod go= ${path}` })
    },
  )

  test('fail when others may read a store that is elsewhere', () => {
    const home = freshHome()
    const store = join(home.root, 'elsewhere.db')
    writeFileSync(store, 'x', { mode: 0o644 })
    const [check] = fileChecks(seenAt(home, { store }))
    expect(check).toMatchObject({ status: 'fail', fix: `chmod go= ${store}` })
  })

  test('fail when a link leads to what others may read', () => {
    const home = freshHome()
    const moved = `${home.database}.moved`
    renameSync(home.database, moved)
    chmodSync(moved, 0o644)
    symlinkSync(moved, home.database)
    const [check] = fileChecks(seenAt(home))
    expect(check).toMatchObject({ status: 'fail', fix: `chmod go= ${home.database}` })
  })

  test('fail when there is no home', () => {
    expect(fileChecks(seenAt(homeAt('/nowhere/at/all')))[0]).toMatchObject({ status: 'fail' })
  })
})

describe('access', () => {
  test('passes as a fresh home has it', () => {
    const statuses = accessChecks(seen(), NOW).map(({ name, status }) => [name, status])
    expect(statuses).toEqual(
      ['auth', 'admin', 'origins', 'strict', 'settings'].map((name) => [name, 'pass']),
    )
  })

  const settings = (change: Partial<DaemonFacts['settings']>) => ({
    settings: { ...DAEMON.settings, ...change },
  })
  test.each<[string, string, Partial<DaemonFacts>]>([
    ['auth', 'warn', settings({ auth_required: false })],
    [
      'auth',
      'warn',
      { health: { ...DAEMON.health, security: { auth_required: true, insecure_localhost: true } } },
    ],
    ['admin', 'warn', { tokens: [] }],
    ['admin', 'warn', { tokens: [{ ...ADMIN, revoked_at: NOW - 1 }] }],
    ['admin', 'warn', { tokens: [{ ...ADMIN, expires_at: NOW + 3600 }] }],
    ['admin', 'warn', { tokens: [{ ...ADMIN, scopes: ['records:read'] }] }],
    ['admin', 'pass', { tokens: [{ ...ADMIN, expires_at: NOW + 90_000 }] }],
    ['origins', 'warn', settings({ auth_cors_origins: ['http://app.example.com'] })],
    [
      'origins',
      'pass',
      settings({ auth_cors_origins: ['https://app.example.com', 'http://localhost:3000'] }),
    ],
    ['origins', 'warn', settings({ auth_cors_origins: ['http://localhost.evil.example'] })],
    ['strict', 'warn', settings({ trusted_proxies: ['127.0.0.1'] })],
    ['strict', 'warn', settings({ allowed_hosts: ['a.example'], strict_actor_header: true })],
    [
      'strict',
      'pass',
      settings({
        trusted_proxies: ['127.0.0.1'],
        strict_actor_header: true,
        strict_impersonation_enforcement: true,
      }),
    ],
    ['settings', 'fail', { settingWarnings: ['auth_cors_origins: record 1f… breaks the rule'] }],
  ])('%s: %s', (name, status, daemon) => {
    const check = named(accessChecks(seen({}, daemon), NOW), name)
    expect(check.status).toBe(status)
    expectActionable(check)
  })

  test('says what closes a clear origin, and keeps the others', () => {
    const daemon = settings({ auth_cors_origins: ['https://a.example', 'http://b.example'] })
    expect(named(accessChecks(seen({}, daemon), NOW), 'origins').fix).toBe(
      'spl config auth-set-cors-origins https://a.example,https://b.example',
    )
  })
})

describe('the link', () => {
  test.each<[string, string, LinkReport | { object: 'tunnel'; configured: false }]>([
    ['link', 'skip', { object: 'tunnel', configured: false }],
    ['link', 'pass', LINK],
    ['link', 'warn', { ...LINK, state: 'waiting', since: NOW_MS - 5_000 }],
    ['link', 'fail', { ...LINK, state: 'waiting', since: NOW_MS - 90_000, last_error: 'refused' }],
    ['link', 'fail', { ...LINK, state: 'connecting', last_connected_at: null }],
    ['link', 'fail', { ...LINK, rival_at: NOW_MS - 60_000 }],
    ['link', 'pass', { ...LINK, rival_at: NOW_MS - 3_600_000 }],
    ['edge-policy', 'pass', LINK],
    ['edge-policy', 'warn', { ...LINK, policy: { sent: 7, acknowledged: 6 } }],
    ['edge-policy', 'warn', { ...LINK, policy: { sent: 7, acknowledged: null } }],
    ['edge-policy', 'skip', { ...LINK, state: 'waiting' }],
  ])('%s: %s', (name, status, link) => {
    const check = named(linkChecks(seen({}, { link }), NOW_MS), name)
    expect(check.status).toBe(status)
    expectActionable(check)
  })
})

describe('the clock', () => {
  const edge = (offsetMs: number | undefined) => ({ offsetMs, onCloudflare: false })

  test.each<[string, string, number | undefined, LinkReport | undefined]>([
    ['pass', 'correct, compared with the public hostname', 4_000, undefined],
    ['warn', '45 s slow, compared with the public hostname', -45_000, undefined],
    [
      'warn',
      '45 s slow, compared with the public hostname',
      undefined,
      { ...LINK, clock_offset_ms: 45_000 },
    ],
    [
      'warn',
      '6 s fast, compared with the public hostname',
      undefined,
      { ...LINK, clock_offset_ms: -6_000 },
    ],
    ['fail', '90 s fast, compared with the public hostname', 90_000, undefined],
    ['skip', 'no public hostname sends the time', undefined, undefined],
  ])('%s: %s', (status, message, offsetMs, link) => {
    const check = clockCheck(edge(offsetMs), link)
    expect([check.status, check.message]).toEqual([status, message])
    expectActionable(check)
  })
})

test('the link of a gateway that is not trusted names the command that trusts it, with its file', () => {
  using home = aHome()
  const certificate = join(home.path, 'gateway/tls/cert.pem')
  const last_error = 'not trusted: spl serve --gateway-ca <file>'
  const link = { ...LINK, state: 'waiting' as const, last_error }
  const fix = () =>
    named(linkChecks(seen({ home: homeAt(home.path) }, { link }), NOW_MS), 'link').fix
  expect(fix()).toBe('spl serve --restart --gateway-ca <file>')
  mkdirSync(dirname(certificate), { recursive: true })
  writeFileSync(certificate, '')
  expect(fix()).toBe(`spl serve --restart --gateway-ca ${certificate}`)
})

test('the link of a gateway of another owner names the command that makes this daemon its owner', () => {
  const last_error = 'another key [CONNECT_PROOF_INVALID]'
  const link = { ...LINK, state: 'waiting' as const, last_error }
  const check = named(linkChecks(seen({}, { link }), NOW_MS), 'link')
  expect(check.fix).toMatch(/spl gateway serve --owner did:key:/)
})

describe('the cost of the present use', () => {
  const DAY = 86_400

  test.each<[string, LinkReport, number, boolean | undefined]>([
    ['skip', LINK, DAY, undefined],
    ['pass', LINK, DAY, false],
    ['skip', LINK, 60, true],
    ['pass', LINK, DAY, true],
    // A request a second: 86 400 of the 100 000 a day, and the messages on top.
    ['warn', { ...LINK, requests: DAY, messages_out: DAY }, DAY, true],
    ['warn', { ...LINK, requests: 3 * DAY, messages_out: 3 * DAY }, DAY, true],
  ])('%s', (status, link, seconds, onCloudflare) => {
    const check = costCheck(link, seconds, onCloudflare)
    expect([check.message, check.status]).toEqual([check.message, status])
    expectActionable(check)
  })

  test('is the price list applied to the counts', () => {
    // A day of 10 000 requests: 300 000 a month, each with a message, and one connection a day.
    const link = { ...LINK, requests: 10_000, messages_out: 10_000 }
    const { details } = costCheck(link, DAY, true)
    expect(details).toMatchObject({ free_plan_limit: 'object requests', paid_plan_dollars: 5 })
    expect(details?.['free_plan_share']).toBeCloseTo((10_000 + 1 + 10_001 / 20) / 100_000, 3)
  })
})
