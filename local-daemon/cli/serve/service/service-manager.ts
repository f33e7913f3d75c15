import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Comment } from './sealed-file.ts'
import { daemonUnit, DAEMON_UNIT } from '../../../service/daemon-unit.ts'
import { LABEL, launchdPlist } from '../../../service/launchd-plist.ts'
import type { ServiceLine, Supervisor } from '../../../service/service-line.ts'

/** A command as words. */
export type Command = readonly [program: string, ...args: string[]]

/** What one platform's service manager is told, and with which file. Nothing is run here. */
export interface ServiceManager {
  readonly supervisor: Supervisor
  /** The service's name, for people. */
  readonly name: string
  /** The file that describes the service. */
  readonly path: string
  readonly describe: (line: ServiceLine) => string
  readonly comment: Comment
  /** After the file was written: have it started at boot, and now. */
  readonly start: readonly Command[]
  /** The same, for one that runs already. */
  readonly replace: readonly Command[]
  /** The same, but not now: another daemon has the home. */
  readonly enable: readonly Command[]
  readonly restart: readonly Command[]
  readonly stop: readonly Command[]
  /** Before the file is removed. */
  readonly disable: readonly Command[]
  /** After the file was removed. */
  readonly forget: readonly Command[]
  /** What else a person may have to do. */
  readonly hint: string | undefined
}

/**
 * The manager of a user's services; undefined where there is none that `spl` knows.
 *
 * @param env `XDG_CONFIG_HOME` moves the units of systemd
 */
export function serviceManager(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home = homedir(),
  uid = process.getuid?.() ?? 0,
): ServiceManager | undefined {
  if (platform === 'linux') return systemd(env['XDG_CONFIG_HOME'] || join(home, '.config'))
  return platform === 'darwin' ? launchd(home, uid) : undefined
}

function systemd(config: string): ServiceManager {
  const reload = tell('daemon-reload')
  return {
    supervisor: 'systemd',
    name: DAEMON_UNIT,
    path: join(config, 'systemd', 'user', DAEMON_UNIT),
    describe: daemonUnit,
    comment: (text) => `# ${text}`,
    start: [reload, tell('enable', '--now', DAEMON_UNIT)],
    replace: [reload, tell('enable', DAEMON_UNIT), tell('restart', DAEMON_UNIT)],
    enable: [reload, tell('enable', DAEMON_UNIT)],
    restart: [tell('restart', DAEMON_UNIT)],
    stop: [tell('stop', DAEMON_UNIT)],
    disable: [tell('disable', '--now', DAEMON_UNIT)],
    forget: [reload],
    hint: 'a user service starts at login; to start it at boot: loginctl enable-linger',
  }
}

function tell(...args: string[]): Command {
  return ['systemctl', '--user', ...args]
}

function launchd(home: string, uid: number): ServiceManager {
  const path = join(home, 'Library', 'LaunchAgents', `${LABEL}.plist`)
  const domain = `gui/${uid}`
  const target = `${domain}/${LABEL}`
  const load: Command = ['launchctl', 'bootstrap', domain, path]
  const unload: Command = ['launchctl', 'bootout', target]
  return {
    supervisor: 'launchd',
    name: LABEL,
    path,
    describe: launchdPlist,
    comment: (text) => `<!-- ${text} -->`,
    start: [load],
    replace: [unload, load],
    // RunAtLoad: it is read at the next login.
    enable: [],
    restart: [['launchctl', 'kickstart', '-k', target]],
    // A clean exit is not started again.
    stop: [],
    disable: [unload],
    forget: [],
    hint: undefined,
  }
}
