import type { Home } from '../../../home/home.ts'
import { isSamePlace } from '../../../home/same-place.ts'
import { CliError } from '../../cli-error.ts'
import { note, noteNext } from '../../output/output.ts'
import { readLastStart, readRunningFile, type RunningFacts } from '../../client/running-file.ts'
import { presenceOf } from '../../client/presence.ts'
import { migrationMs } from '../../../store/file/migration-time.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommands } from './run-commands.ts'
import { findSealed } from './sealed-file.ts'
import { type ServiceManager, serviceManager } from './service-manager.ts'

/** Milliseconds that a service may take to answer after a restart, besides bringing the store to a new schema. */
const READY_MS = 20_000
const POLL_MS = 100

/** The service manager that starts the daemon of this home; undefined if none was told to. */
export function installedService(home: Home): ServiceManager | undefined {
  const manager = serviceManager(process.platform, process.env)
  return manager !== undefined && isInstalled(manager, home) ? manager : undefined
}

export function isInstalled(manager: ServiceManager, home: Home): boolean {
  const found = findSealed(manager.path)
  return found.kind === 'ours' && isSamePlace(found.home, home.root)
}

/**
 * Has the service manager start the daemon anew, and waits until it answers.
 *
 * @throws CliError SERVICE_FAILED
 */
export async function restartService(manager: ServiceManager, home: Home): Promise<RunningFacts> {
  const before = readRunningFile(home)?.pid
  const store = readLastStart(home)?.store ?? home.database
  const readyMs = READY_MS + migrationMs(store)
  const reason = await runCommands(manager.restart)
  if (reason !== undefined) throw failed(manager, reason)
  for (const deadline = performance.now() + readyMs; performance.now() < deadline;) {
    const facts = readRunningFile(home)
    if (facts !== undefined && facts.pid !== before) {
      const { state } = await presenceOf(home)
      if (state === 'answers') return facts
    }
    await sleep(POLL_MS)
  }
  throw failed(manager, `the daemon did not answer within ${Math.round(readyMs / 1000)} s`)
}

/** Has the service manager stop the daemon, so that it knows. What it cannot do is done by the signal that follows. */
export async function stopService(manager: ServiceManager): Promise<void> {
  const reason = await runCommands(manager.stop)
  if (reason !== undefined) note(`warning: ${reason}`)
  noteNext(
    `${manager.name} starts it again at the next boot or login; to remove it`,
    `spl serve --uninstall-service`,
  )
}

function failed({ name }: ServiceManager, reason: string): CliError {
  return new CliError(
    'SERVICE_FAILED',
    `restart ${name}: ${reason}`,
    'read spl logs, and ask the service manager: systemctl --user status spl-serve (macOS: launchctl print)',
  )
}
