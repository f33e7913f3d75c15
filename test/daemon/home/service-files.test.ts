import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unsupported } from '../../../local-daemon/cli/serve/service/install-service.ts'
import {
  findSealed,
  removeSealed,
  sealed,
  writeSealed,
} from '../../../local-daemon/cli/serve/service/sealed-file.ts'
import { serviceManager } from '../../../local-daemon/cli/serve/service/service-manager.ts'
import { daemonUnit } from '../../../local-daemon/service/daemon-unit.ts'
import { gatewayUnit } from '../../../local-daemon/service/gateway-unit.ts'
import { launchdPlist } from '../../../local-daemon/service/launchd-plist.ts'
import type { ServiceLine } from '../../../local-daemon/service/service-line.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const PLAIN: ServiceLine = {
  home: '/home/ada/.syncro',
  line: ['/usr/bin/node', '/opt/spl/main.js', 'serve', '--foreground', '--home=/home/ada/.syncro'],
  errors: '/home/ada/.syncro/logs/stderr.log',
}
const STRANGE: ServiceLine = {
  home: '/home/a b/50%/$HOME/"q"\\<&',
  line: [process.execPath, '/opt/a b/main.js', 'serve', '--home=/h/50%/$HOME/"q"\\x<&'],
  errors: '/h/<&',
}

/** Programs that read the files; one that is missing is a failure under CI. */
function has(program: string): boolean {
  const paths = (process.env['PATH'] ?? '').split(delimiter)
  if (paths.some((path) => existsSync(join(path, program)))) return true
  if (process.env['CI'] === 'true') throw new Error(`${program} is missing`)
  process.stderr.write(`${program} is missing: its test is left out\n`)
  return false
}

describe.each(['\n', '\r', '\u0000', '\u001B', '\u0085', '\u2028'])(
  'a text with %j, which would write lines of its own,',
  (control) => {
    const evil = `/home/ada${control}ExecStartPre=/bin/evil`
    const refused = expect.objectContaining({ code: 'SERVICE_PATH_INVALID', isUsage: true })

    test.each([
      { ...PLAIN, home: evil },
      { ...PLAIN, line: [...PLAIN.line, `--store=${evil}`] },
      { ...PLAIN, line: [evil, ...PLAIN.line] },
    ])('is in no service of a daemon', (line) => {
      expect(() => daemonUnit(line)).toThrow(refused)
      expect(() => launchdPlist(line)).toThrow(refused)
    })

    test('is in no log file of launchd', () => {
      expect(() => launchdPlist({ ...PLAIN, errors: evil })).toThrow(refused)
    })

    test.each(['system', 'user'] as const)('is in no %s service of a gateway', (scope) => {
      const good = {
        scope,
        command: ['/usr/bin/node', '/opt/spl/main.js'],
        hostname: 'spl.example.com',
        port: 8443,
        options: ['--owner', 'did:key:z6Mk'],
        storage: '/var/lib/spl',
        tls: { cert: '/etc/cert.pem', key: '/etc/key.pem' },
      }
      expect(gatewayUnit(good)).toContain('ExecStart=/usr/bin/node')
      for (const bad of [
        { ...good, hostname: evil },
        { ...good, command: [evil] },
        { ...good, options: ['--host', evil] },
        { ...good, tls: { cert: evil, key: '/etc/key.pem' } },
        { ...good, tls: { cert: '/etc/cert.pem', key: evil } },
        ...(scope === 'user' ? [{ ...good, storage: evil }] : []),
      ]) {
        expect(() => gatewayUnit(bad)).toThrow(refused)
      }
    })
  },
)

describe('the systemd unit', () => {
  test('starts the daemon in the foreground, again after a failure, and stops it in time', () => {
    const unit = daemonUnit(PLAIN)
    for (const line of [
      'ExecStart=/usr/bin/node /opt/spl/main.js serve --foreground --home=/home/ada/.syncro',
      'Environment=SYNCROPEL_HOME=/home/ada/.syncro',
      'Restart=on-failure',
      'RestartPreventExitStatus=2',
      'StartLimitIntervalSec=0',
      'NoNewPrivileges=yes',
      'UMask=0077',
      'WantedBy=default.target',
    ]) {
      expect(unit.split('\n')).toContain(line)
    }
  })

  test('writes words so that systemd reads them as they are', () => {
    const unit = daemonUnit(STRANGE)
    expect(unit).toContain('"--home=/h/50%%/$$HOME/\\"q\\"\\\\x<&"')
    expect(unit).toContain('Environment="SYNCROPEL_HOME=/home/a b/50%%/$HOME/\\"q\\"\\\\<&"')
  })

  test.runIf(process.platform === 'linux' && has('systemd-analyze'))(
    'is one that systemd takes',
    () => {
      using home = aHome()
      const path = join(home.path, 'spl-serve.service')
      // The first word must be a program that is there.
      const line = [process.execPath, ...STRANGE.line.slice(1)]
      writeFileSync(
        path,
        sealed(daemonUnit({ ...STRANGE, line }), '/h', (text) => `# ${text}`),
      )
      const told = execFileSync('systemd-analyze', ['verify', '--user', '--man=no', path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, XDG_RUNTIME_DIR: home.path, SYSTEMD_LOG_LEVEL: 'warning' },
      })
      expect(told).toBe('')
    },
  )
})

test('the launchd agent says the same, in XML', () => {
  const plist = launchdPlist(STRANGE)
  expect(plist).toContain('<string>--home=/h/50%/$HOME/"q"\\x&lt;&amp;</string>')
  expect(plist).toMatch(/<key>KeepAlive<\/key>\s+<dict>\s+<key>SuccessfulExit<\/key>\s+<false\/>/)
  expect(plist).toMatch(/<key>RunAtLoad<\/key>\s+<true\/>/)
  const opened = [...plist.matchAll(/<(dict|array|key|string|integer|plist)[ >]/g)].length
  expect([...plist.matchAll(/<\/(dict|array|key|string|integer|plist)>/g)]).toHaveLength(opened)
})

describe('the service manager', () => {
  test('of Linux has its unit where systemd looks, also with XDG_CONFIG_HOME', () => {
    expect(serviceManager('linux', {}, '/home/ada')?.path).toBe(
      '/home/ada/.config/systemd/user/spl-serve.service',
    )
    expect(serviceManager('linux', { XDG_CONFIG_HOME: '/x' }, '/home/ada')?.path).toBe(
      '/x/systemd/user/spl-serve.service',
    )
  })

  test('of macOS has its agent in the library', () => {
    const manager = serviceManager('darwin', {}, '/Users/ada', 501)
    const path = '/Users/ada/Library/LaunchAgents/spl.serve.plist'
    expect(manager?.path).toBe(path)
    expect(manager?.start).toEqual([['launchctl', 'bootstrap', 'gui/501', path]])
    expect(manager?.disable).toEqual([['launchctl', 'bootout', 'gui/501/spl.serve']])
  })

  test('of Windows is its own: the line for it is printed', () => {
    expect(serviceManager('win32', {})).toBeUndefined()
    const error = unsupported('win32', ['C:\\Program Files\\node.exe', 'C:\\spl\\main.js', 'serve'])
    expect(error.code).toBe('SERVICE_UNSUPPORTED')
    expect(error.try).toContain(
      'schtasks /Create /SC ONLOGON /TN spl-serve /TR "\\"C:\\Program Files\\node.exe\\" C:\\spl\\main.js serve"',
    )
    expect(unsupported('freebsd', ['node', 'main.js']).try).toContain('node main.js')
  })
})

describe('a file that spl wrote', () => {
  const comment = (text: string) => `<!-- ${text} -->`
  const text = (body: string, home = '/h--x') => sealed(`${body}\n`, home, comment)

  test('is written, left as it is, written again and removed', () => {
    using home = aHome()
    const path = join(home.path, 'deep', 'file')
    expect(findSealed(path)).toEqual({ kind: 'absent' })
    expect(writeSealed(path, text('a'), '/h--x')).toBe(true)
    expect(writeSealed(path, text('a'), '/h--x')).toBe(false)
    expect(writeSealed(path, text('b'), '/h--x')).toBe(true)
    expect(readFileSync(path, 'utf8')).toMatch(
      /^b\n<!-- spl home=%2Fh%2D%2Dx checksum=\w{64} -->\n$/,
    )
    expect(findSealed(path)).toMatchObject({ kind: 'ours', home: '/h--x' })
    expect(removeSealed(path, '/h--x')).toBe(true)
    expect(removeSealed(path, '/h--x')).toBe(false)
  })

  test.for(['changed inside', 'with a line more', 'of somebody else', 'with another home named'])(
    '%s is left alone',
    (how) => {
      using home = aHome()
      mkdirSync(home.path, { recursive: true })
      const path = join(home.path, 'file')
      writeFileSync(path, how === 'of somebody else' ? '[Unit]\n' : text('a\nb'))
      const now = readFileSync(path, 'utf8')
      if (how === 'changed inside') writeFileSync(path, now.replace('b', 'c'))
      if (how === 'with a line more') appendFileSync(path, 'more\n')
      if (how === 'with another home named') writeFileSync(path, now.replace('%2Fh', '%2Fi'))
      const before = readFileSync(path, 'utf8')
      const refusal = expect.objectContaining({
        code: 'SERVICE_CHANGED',
        try: expect.stringContaining(`mv ${path}`),
      })
      expect(() => writeSealed(path, text('new'), '/h--x')).toThrow(refusal)
      expect(() => removeSealed(path, '/h--x')).toThrow(refusal)
      expect(readFileSync(path, 'utf8')).toBe(before)
    },
  )

  test('for another home is left alone', () => {
    using home = aHome()
    const path = join(home.path, 'file')
    writeSealed(path, text('a', '/other'), '/other')
    const refusal = expect.objectContaining({ code: 'SERVICE_OF_ANOTHER_HOME' })
    expect(() => writeSealed(path, text('a'), '/h--x')).toThrow(refusal)
    expect(() => removeSealed(path, '/h--x')).toThrow(refusal)
    expect(existsSync(path)).toBe(true)
  })
})
