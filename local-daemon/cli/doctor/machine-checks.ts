import { bytesText } from '../../problem/bytes-text.ts'
import { countText } from '../../problem/count-text.ts'
import { VERSION } from '../../process/version.ts'
import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import { startCommand } from '../client/start-command.ts'
import type { Disk, Survey } from './survey.ts'
import { shellPath } from '../../problem/shell-word.ts'

const MIB = 1024 ** 2
/** Bytes that must be free: below the first nothing is safe, below the second it is time. */
const DISK_FAIL = 100 * MIB
const DISK_WARN = 1024 * MIB

/** The process, the versions and the disk: what has to be well before anybody is let in. */
export function machineChecks(seen: Survey): readonly Check[] {
  return [
    daemonCheck(seen),
    pidFileCheck(seen),
    versionCheck(seen),
    sqliteCheck(seen),
    diskCheck(seen.disk),
    storeCheck(seen),
  ]
}

function daemonCheck({ presence, home, daemon, silence, pid }: Survey): Check {
  const name = 'daemon'
  if (presence === 'absent') {
    return failure(name, `no daemon runs in ${home.root}`, startCommand(home))
  }
  if (presence === 'silent') {
    return failure(
      name,
      `a daemon listens on ${home.socket} but does not answer`,
      `read ${shellPath(home.logFile)}, then: spl serve --restart`,
    )
  }
  if (daemon === undefined) {
    return failure(
      name,
      `the daemon gives an unexpected answer: ${silence ?? 'no reason given'}`,
      'spl serve --restart, so that it runs the installed version',
    )
  }
  return pass(name, pid === undefined ? 'it answers' : `it answers (pid ${pid})`)
}

/** A pid file of a dead process harms nobody; one that is missing beside a living daemon keeps `--stop` from finding it. */
function pidFileCheck({ presence, pid, home }: Survey): Check {
  const name = 'pid-file'
  if (presence !== 'answers') return skip(name, 'no daemon answers')
  if (pid !== undefined) return pass(name, 'it names the running process')
  return warning(
    name,
    `${home.pidFile} does not name the daemon that answers, so spl serve --stop cannot end it`,
    'pgrep -af "spl.* serve", end that process, then: spl serve --restart',
  )
}

function versionCheck({ daemon }: Survey): Check {
  const name = 'version'
  if (daemon === undefined) return skip(name, 'no daemon answers')
  const running = daemon.health.version ?? 'unknown'
  if (running === VERSION) return pass(name, `${VERSION}, both the command line and the daemon`)
  return warning(
    name,
    `the daemon runs version ${running}, the command line is ${VERSION}`,
    'spl serve --restart, so that the daemon runs the installed version',
  )
}

/** The store itself refuses an SQLite that could corrupt it: this says which one it is. */
function sqliteCheck({ daemon }: Survey): Check {
  const runtime = daemon?.health.runtime
  if (runtime === undefined) return skip('sqlite', 'no daemon answers')
  const { sqlite, node } = runtime
  return pass('sqlite', `SQLite ${sqlite}, Node ${node}`, { sqlite, node })
}

function diskCheck(disk: Disk | undefined): Check {
  const name = 'disk'
  if (disk === undefined)
    return skip(name, 'the file system of the store does not report its free space')
  const free = `${bytesText(disk.free)} free`
  const details = { free_bytes: disk.free, total_bytes: disk.total }
  if (disk.inodes === 0) {
    return failure(
      name,
      `no inodes left for new files, although ${free}`,
      'remove unneeded files from the disk of the store: df -i shows how many inodes are left',
      details,
    )
  }
  const next = 'free space on the disk of the store: a full disk accepts no records'
  if (disk.free < DISK_FAIL) return failure(name, `only ${free}`, next, details)
  if (disk.free < DISK_WARN) return warning(name, `only ${free}`, next, details)
  return pass(name, free, details)
}

function storeCheck(seen: Survey): Check {
  const name = 'store'
  const store = seen.daemon?.health.store
  if (store === undefined) return skip(name, 'no daemon answers')
  const { records, problem, lineage_broken: broken } = store
  const details = { records }
  if (problem) {
    const report = problem.code === 'STORE_BUSY' ? warning : failure
    return report(name, `${problem.message} [${problem.code}]`, problem.try, details)
  }
  if (broken) {
    return warning(
      name,
      `the store changed while no daemon was running: ${broken}`,
      'if you restored a backup: revoke again what you have revoked since (spl service-account revoke); readers start over by themselves. If not: spl serve --stop, then restore the newest copy',
      details,
    )
  }
  const isFull = seen.daemon?.health.store?.size?.over_ceiling ?? false
  return pass(
    name,
    `${countText(records, 'record')}${isFull ? '' : '; it accepts new ones'}`,
    details,
  )
}
