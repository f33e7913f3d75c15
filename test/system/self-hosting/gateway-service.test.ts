import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gatewayUnit, type GatewayUnit } from '../../../local-daemon/service/gateway-unit.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { runSpl, type SplRun } from '../../support/cli/run-spl.ts'

const OWNER = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

let home: ReturnType<typeof aHome>
let calls: string

beforeEach(() => {
  home = aHome()
  calls = join(home.path, 'calls')
  const folder = join(home.path, 'bin')
  mkdirSync(folder)
  // No systemd runs where tests run: this notes what it would have been told.
  writeFileSync(
    join(folder, 'systemctl'),
    `#!/bin/sh\necho "$@" >> '${calls}'\n[ ! -e '${calls}-fail' ] || { echo 'Failed to connect to bus' >&2; exit 1; }\n`,
  )
  chmodSync(join(folder, 'systemctl'), 0o755)
})

afterEach(() => home[Symbol.dispose]())

function serve(...args: string[]): Promise<SplRun> {
  return runSpl(['gateway', 'serve', '--owner', OWNER, ...args], {
    home: home.path,
    env: {
      HOME: home.path,
      XDG_CONFIG_HOME: join(home.path, 'config'),
      PATH: `${join(home.path, 'bin')}:${process.env['PATH']}`,
    },
  })
}

const UNIT: GatewayUnit = {
  scope: 'system',
  command: ['/usr/bin/node', '/usr/lib/node_modules/spl/dist/local-daemon/cli/main.js'],
  hostname: 'spl.example.com',
  port: 443,
  options: ['--owner', OWNER, '--host', '0.0.0.0'],
  tls: {
    cert: '/etc/letsencrypt/live/x/fullchain.pem',
    key: '/etc/letsencrypt/live/x/privkey.pem',
  },
  storage: '/unused',
}

describe('the unit of a gateway', () => {
  test('for the system has no user to take over, one directory, and one right at most', () => {
    const text = gatewayUnit(UNIT)
    expect(text).toContain('DynamicUser=yes\nStateDirectory=spl-gateway\nStateDirectoryMode=0700\n')
    expect(text).toContain(
      'AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n',
    )
    expect(text).toContain('LoadCredential=key.pem:/etc/letsencrypt/live/x/privkey.pem')
    expect(text).toContain('--tls-key %d/key.pem --storage %S/spl-gateway')
    expect(text).not.toMatch(/ExecStart=.*privkey/)
    expect(gatewayUnit({ ...UNIT, port: 8443 })).toContain(
      'AmbientCapabilities=\nCapabilityBoundingSet=\n',
    )
  })

  test('passes words on as they are, whatever is in them', () => {
    const text = gatewayUnit({ ...UNIT, scope: 'user', storage: '/home/me/50% "off" $HOME' })
    expect(text).toContain(String.raw`--storage "/home/me/50%% \"off\" $$HOME"`)
  })

  test('is one that systemd takes', ({ skip }) => {
    if (!existsSync('/usr/bin/systemd-analyze')) {
      if (process.env['CI'] === 'true')
        throw new Error('no systemd-analyze: apt-get install systemd')
      skip('no systemd-analyze here: apt-get install systemd')
    }
    for (const scope of ['system', 'user'] as const) {
      const path = join(home.path, `spl-${scope}.service`)
      const command = [process.execPath, '/bin/sh']
      writeFileSync(path, gatewayUnit({ ...UNIT, scope, command, storage: home.path }))
      const said = execFileSync('systemd-analyze', ['verify', '--recursive-errors=no', path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      expect(said).toBe('')
    }
  })
})

describe('spl gateway serve --install-service', () => {
  test('--dry-run prints the unit and touches nothing', async () => {
    const { code, stdout } = await serve('--install-service', '--user', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^ExecStart=.* gateway serve --hostname localhost --port 8443 --owner did:key/m,
    )
    expect(existsSync(join(home.path, 'config'))).toBe(false)
    expect(existsSync(calls)).toBe(false)
  })

  test('refuses a path or a name that would write lines of its own, before anything is written', async () => {
    for (const words of [
      ['--hostname', 'spl.example.com\nExecStartPre=/bin/evil'],
      ['--storage', `${home.path}/a\nb`],
    ]) {
      const run = await serve('--install-service', '--user', ...words)
      expect([run.code, run.stdout]).toEqual([2, ''])
      expect(run.stderr).toMatch(/\[SERVICE_PATH_INVALID\]\ntry: \S/)
    }
    expect(existsSync(join(home.path, 'config'))).toBe(false)
  })

  test('writes the unit, starts it at each boot, and takes it away again', async () => {
    const unit = join(home.path, 'config/systemd/user/spl-gateway.service')
    const installed = await serve('--install-service', '--user', '--json')
    expect(installed.code).toBe(0)
    expect(JSON.parse(installed.stdout)).toMatchObject({
      object: 'gateway_service',
      status: 'installed',
      scope: 'user',
      path: unit,
    })
    expect(readFileSync(unit, 'utf8')).toContain('Restart=always')
    expect(readFileSync(calls, 'utf8')).toBe(
      '--user daemon-reload\n--user enable spl-gateway\n--user restart spl-gateway\n',
    )
    const removed = await serve('--uninstall-service', '--user')
    expect(removed.stdout).toContain(`removed ${unit}`)
    expect(existsSync(unit)).toBe(false)
    expect(readFileSync(calls, 'utf8')).toMatch(/--user disable --now spl-gateway\n/)
    const again = await serve('--uninstall-service', '--user')
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('no service') })
  })

  test('passes on what systemd says, with a next step', async () => {
    writeFileSync(`${calls}-fail`, '')
    const { code, stderr } = await serve('--install-service', '--user')
    expect(code).toBe(1)
    expect(stderr).toMatch(/Failed to connect to bus \[SYSTEMD_FAILED\]\ntry: .*enable-linger/)
  })

  test.for([
    [['--port', '443'], 'PORT_FORBIDDEN'],
    [['--port', '0'], 'PORT_NEEDED'],
    [['--host', '0.0.0.0'], 'TLS_REQUIRED'],
    [['--tls-cert', 'a.pem'], 'TLS_INCOMPLETE'],
    [['--owner', 'did:key:zNobody'], 'OWNER_INVALID'],
  ] as const)('refuses %s before it writes anything', async ([args, code]) => {
    const run = await serve('--install-service', '--user', ...args)
    expect(run.code).not.toBe(0)
    expect(run.stderr).toMatch(new RegExp(`\\[${code}\\]\ntry: \\S`))
    expect(existsSync(join(home.path, 'config'))).toBe(false)
  })
})

describe('spl gateway remove --self-hosted', () => {
  test('asks, then takes away the storage directory and nothing else', async () => {
    const storage = join(home.path, 'gateway')
    mkdirSync(join(storage, 'storage'), { recursive: true })
    writeFileSync(join(storage, 'unique-key'), 'key\n')
    const where = { home: home.path, env: { HOME: home.path, XDG_CONFIG_HOME: home.path } }
    const asked = await runSpl(['gateway', 'remove', '--self-hosted'], where)
    expect(asked.code).toBe(2)
    expect(asked.stderr).toContain('[CONFIRMATION_NEEDED]')
    expect(existsSync(storage)).toBe(true)
    const { code } = await runSpl(['gateway', 'remove', '--self-hosted', '--yes'], where)
    expect(code).toBe(0)
    expect(existsSync(storage)).toBe(false)
    expect(existsSync(home.path)).toBe(true)
  })

  test('deletes no directory in which no gateway has run', async () => {
    const precious = join(home.path, 'precious')
    mkdirSync(precious)
    writeFileSync(join(precious, 'photo'), 'x')
    const run = await runSpl(
      ['gateway', 'remove', '--self-hosted', '--yes', '--storage', precious],
      { home: home.path, env: { HOME: home.path, XDG_CONFIG_HOME: home.path } },
    )
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('[GATEWAY_STORAGE_MISSING]')
    expect(existsSync(join(precious, 'photo'))).toBe(true)
  })
})
