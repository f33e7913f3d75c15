import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runFitting } from '../../../support/cli/run-here.ts'
import type { SplRun } from '../../../support/cli/run-spl.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'

/*
 * A systemd cannot run in a container without rights. Its stand-in is a shell script that starts what the unit says and
 * stops it, so that the unit's own line runs here, as it is; systemd-analyze checks the rest of the unit.
 */

// Each of these starts the command line some ten times, and daemons behind it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let place: ReturnType<typeof aHome>
let home: string
let told: string

beforeEach(() => {
  place = aHome()
  home = join(place.path, 'home')
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(join(place.path, 'bin'))
  told = join(place.path, 'told')
})
afterEach(async () => {
  await spl('serve', '--stop')
  place[Symbol.dispose]()
})

function spl(...args: string[]): Promise<SplRun> {
  const env = {
    XDG_CONFIG_HOME: join(place.path, 'config'),
    PATH: `${join(place.path, 'bin')}${delimiter}${process.env['PATH']}`,
  }
  return runFitting(args, { home, env })
}

const unit = () => join(place.path, 'config', 'systemd', 'user', 'spl-serve.service')
const commands = () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : [])

function systemctl(script: string): void {
  const path = join(place.path, 'bin', 'systemctl')
  writeFileSync(path, `#!/bin/sh\necho "$*" >> '${told}'\n${script}\n`)
  chmodSync(path, 0o755)
}

/** Starts the line of the unit, and stops what it has started. */
function aSystemd(): void {
  const pidFile = join(home, 'run', 'spl.pid')
  systemctl(`
start() { eval "exec $(sed -n 's/^ExecStart=//p' '${unit()}' | sed 's/\\$\\$/\\\\$/g; s/%%/%/g')" >'${place.path}/journal' 2>&1 & }
stop() {
  [ -f '${pidFile}' ] && kill -TERM "$(head -n 1 '${pidFile}')"
  while [ -f '${pidFile}' ]; do sleep 0.05; done
}
case "$2 $3" in
  "enable --now") start ;;
  "restart spl-serve.service") stop; start ;;
  "stop spl-serve.service"|"disable --now") stop ;;
esac
exit 0`)
}

describe.runIf(process.platform === 'linux')('spl serve --install-service', () => {
  test('--dry-run prints the unit and changes nothing', async () => {
    systemctl('exit 0')
    const run = await spl('serve', '--install-service', '--dry-run', '--port', '9300')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain('--port=9300')
    expect(run.stdout).toContain('--supervisor=systemd')
    expect(existsSync(unit())).toBe(false)
    expect(commands()).toEqual([])
  })

  test('starts, restarts and stops the daemon through systemd, and leaves nothing behind', async () => {
    aSystemd()
    const run = await spl('serve', '--install-service', '--port', '0', '--json')
    expect(run.code).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({
      object: 'service',
      status: 'installed',
      manager: 'systemd',
      applied: true,
      commands: [],
    })
    expect(run.stderr).toContain('loginctl enable-linger')
    await expect.poll(async () => (await spl('status')).code, { timeout: 15_000 }).toBe(0)
    const before = JSON.parse((await spl('status', '--json')).stdout) as Record<string, unknown>
    expect(before['supervisor']).toBe('systemd')
    // The journal would keep a bearer: there is none, and the socket makes the first account.
    expect(readFileSync(join(place.path, 'journal'), 'utf8')).not.toMatch(/spl_prod/)
    const made = await spl('service-account', 'create', '--bootstrap', '--name', 'root')
    expect(made.code).toBe(0)

    const again = await spl('serve', '--restart', '--json')
    expect(again.code).toBe(0)
    const after = JSON.parse(again.stdout) as Record<string, unknown>
    expect(after).toMatchObject({ object: 'daemon', status: 'running', supervisor: 'systemd' })
    expect(after['pid']).not.toBe(before['pid'])
    const changed = await spl('serve', '--restart', '--port', '9301')
    expect(changed).toMatchObject({ code: 2 })
    expect(changed.stderr).toMatch(/\[SERVICE_MANAGED\]\ntry: .*--install-service/)

    const stopped = await spl('serve', '--stop')
    expect(stopped.code).toBe(0)
    expect(stopped.stderr).toContain('spl serve --uninstall-service')
    expect(commands()).toContain('--user stop spl-serve.service')
    expect((await spl('status')).code).toBe(3)
    expect((await spl('serve', '--restart')).code).toBe(0)

    const gone = await spl('serve', '--uninstall-service', '--json')
    expect(JSON.parse(gone.stdout)).toMatchObject({ status: 'uninstalled', applied: true })
    expect(existsSync(unit())).toBe(false)
    expect((await spl('status')).code).toBe(3)
    const twice = await spl('serve', '--uninstall-service', '--json')
    expect(JSON.parse(twice.stdout)).toMatchObject({ status: 'absent', applied: true })
  })

  test('is the same a second time, and takes new arguments', async () => {
    systemctl('exit 0')
    await spl('serve', '--install-service', '--port', '9300')
    const second = await spl('serve', '--install-service', '--port', '9300', '--json')
    expect(JSON.parse(second.stdout)).toMatchObject({ status: 'unchanged' })
    const third = await spl('serve', '--install-service', '--port', '9301', '--json')
    expect(JSON.parse(third.stdout)).toMatchObject({ status: 'installed' })
    expect(readFileSync(unit(), 'utf8')).toContain('--port=9301')
  })

  test('prints what to run where systemd does not answer', async () => {
    systemctl('echo "Failed to connect to bus: No medium found" >&2; exit 1')
    const run = await spl('serve', '--install-service')
    expect(run.code).toBe(0)
    expect(existsSync(unit())).toBe(true)
    expect(run.stderr).toContain('No medium found')
    expect(run.stderr).toMatch(
      /try: .*\n {2}systemctl --user daemon-reload\n {2}systemctl --user enable --now spl-serve\.service\n/,
    )
  })

  test('does not start beside a daemon that runs already', async () => {
    systemctl('exit 0')
    await spl('serve', '--daemon', '--port', '0')
    const run = await spl('serve', '--install-service')
    expect(run.stderr).toMatch(/a daemon is already running \(pid \d+\): spl serve --stop/)
    expect(commands().at(-1)).toBe('--user enable spl-serve.service')
    // It is not the service's, and is started again as any other.
    const again = await spl('serve', '--restart', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'running', supervisor: null })
    expect(commands().at(-1)).toBe('--user enable spl-serve.service')
  })

  test('leaves a unit that somebody changed alone, and refuses a wrong host first', async () => {
    systemctl('exit 0')
    await spl('serve', '--install-service')
    writeFileSync(unit(), `${readFileSync(unit(), 'utf8')}# mine\n`)
    for (const flag of ['--install-service', '--uninstall-service']) {
      const run = await spl('serve', flag)
      expect(run.code).toBe(1)
      expect(run.stderr).toMatch(/\[SERVICE_CHANGED\]\ntry: .*mv/)
    }
    expect(readFileSync(unit(), 'utf8')).toContain('# mine')
    expect((await spl('serve', '--install-service', '--host', '0.0.0.0')).code).toBe(2)
  })
})
