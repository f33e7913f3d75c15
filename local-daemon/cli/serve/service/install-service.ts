import type { Home } from '../../../home/home.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { readRunningFile } from '../../client/running-file.ts'
import type { StartArguments } from '../../client/start-arguments.ts'
import { isInstalled } from './installed-service.ts'
import { commandText, runCommands } from './run-commands.ts'
import { removeSealed, sealed, writeSealed } from './sealed-file.ts'
import { lineOfDaemon } from './line-of-daemon.ts'
import { type Command, type ServiceManager, serviceManager } from './service-manager.ts'

/** The `--json` of `spl serve --install-service` and `--uninstall-service`. */
export interface ServiceReport {
  readonly object: 'service'
  readonly status: 'installed' | 'unchanged' | 'uninstalled' | 'absent'
  readonly manager: string
  readonly name: string
  readonly path: string
  readonly home: string
  /** Whether the service manager took the commands. */
  readonly applied: boolean
  /** Why not. */
  readonly reason: string | null
  /** What is left for the person to run, in this order. */
  readonly commands: readonly string[]
  /** What else there is to know. */
  readonly hints: readonly string[]
}

/** The file as it would be written. */
export function serviceText(home: Home, args: StartArguments): string {
  const manager = managerHere(home, args)
  const text = manager.describe(lineOfDaemon(home, args, manager.supervisor))
  return sealed(text, home.root, manager.comment)
}

/**
 * Writes the service of this home and has it started now and at boot. A second time it changes what has changed.
 *
 * @throws CliError SERVICE_UNSUPPORTED, SERVICE_CHANGED, SERVICE_OF_ANOTHER_HOME
 */
export async function installService(home: Home, args: StartArguments): Promise<ServiceReport> {
  const manager = managerHere(home, args)
  const written = writeSealed(manager.path, serviceText(home, args), home.root)
  const running = readRunningFile(home)
  const isOther = running !== undefined && running.supervisor === null
  const commands = isOther ? manager.enable : running ? manager.replace : manager.start
  const occupied = isOther
    ? [
        `a daemon is already running (pid ${running.pid}): spl serve --stop, then spl serve --restart`,
      ]
    : []
  return report(manager, home, {
    status: written ? 'installed' : 'unchanged',
    commands,
    hints: [...occupied, ...(manager.hint === undefined ? [] : [manager.hint])],
  })
}

/**
 * Stops and removes the service of this home, and nothing else.
 *
 * @throws CliError SERVICE_UNSUPPORTED, SERVICE_CHANGED, SERVICE_OF_ANOTHER_HOME
 */
export async function uninstallService(home: Home, args: StartArguments): Promise<ServiceReport> {
  const manager = managerHere(home, args)
  if (!isInstalled(manager, home)) {
    // Says so if a file is there that is not ours.
    removeSealed(manager.path, home.root)
    return report(manager, home, { status: 'absent', commands: [], hints: [] })
  }
  const reason = await runCommands(manager.disable)
  removeSealed(manager.path, home.root)
  const done = await report(manager, home, {
    status: 'uninstalled',
    commands: manager.forget,
    hints: [],
  })
  if (reason === undefined) return done
  return {
    ...done,
    applied: false,
    reason,
    commands: [...manager.disable, ...manager.forget].map(commandText),
  }
}

interface Done {
  readonly status: ServiceReport['status']
  readonly commands: readonly Command[]
  readonly hints: readonly string[]
}

async function report(manager: ServiceManager, home: Home, done: Done): Promise<ServiceReport> {
  const reason = await runCommands(done.commands)
  return {
    object: 'service',
    status: done.status,
    manager: manager.supervisor,
    name: manager.name,
    path: manager.path,
    home: home.root,
    applied: reason === undefined,
    reason: reason ?? null,
    commands: reason === undefined ? [] : done.commands.map(commandText),
    hints: done.hints,
  }
}

function managerHere(home: Home, args: StartArguments): ServiceManager {
  const manager = serviceManager(process.platform, process.env)
  if (manager !== undefined) return manager
  throw unsupported(process.platform, lineOfDaemon(home, args, 'systemd').line.slice(0, -1))
}

/** @param line what starts the daemon in the foreground */
export function unsupported(platform: NodeJS.Platform, line: readonly string[]): CliError {
  const command = line.map((word) => (/[\s"]/u.test(word) ? `\\"${word}\\"` : word)).join(' ')
  return new CliError(
    'SERVICE_UNSUPPORTED',
    `spl installs no service on ${platform === 'win32' ? 'Windows' : platform}`,
    platform === 'win32'
      ? `let the Task Scheduler start it at logon: schtasks /Create /SC ONLOGON /TN spl-serve /TR "${command}"`
      : `have your system start this line: ${command}`,
    EXIT_CODE.failed,
  )
}
