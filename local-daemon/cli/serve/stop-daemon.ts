import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from '../../config/home.ts'
import { readRunningPid } from '../../config/pid-file.ts'
import { processStart } from '../../config/process-start.ts'
import { CliError } from '../cli-error.ts'
import { presenceOf } from './presence.ts'

/** Milliseconds that a daemon may take to stop: it finishes open requests first. */
const STOP_TIMEOUT_MS = 15_000
/** Milliseconds given to a daemon that is just starting, and has a pid file but no socket yet. */
const START_TIMEOUT_MS = 3_000
const POLL_MS = 50

export type StopOutcome =
  | { readonly status: 'stopped'; readonly pid: number }
  | { readonly status: 'not_running' }

/**
 * Stops the daemon of a home with SIGTERM. A process is signalled only if it is ours twice over: it
 * wrote the pid file (same pid, same start time), and somebody listens on the home's socket.
 *
 * @throws CliError STOP_TIMEOUT, DAEMON_UNRESPONSIVE, PID_UNKNOWN
 */
export async function stopDaemon(home: Home): Promise<StopOutcome> {
  const present = await listens(home)
  const pid = readRunningPid(home.pidFile)
  if (!present && pid === undefined) return { status: 'not_running' }
  if (pid === undefined) throw pidUnknown(home)
  if (!present) throw unresponsive(home, pid)
  process.kill(pid, 'SIGTERM')
  if (!(await isGone(pid, STOP_TIMEOUT_MS))) throw tooSlow(home, pid)
  return { status: 'stopped', pid }
}

/** Watches one process, not its number: a pid is used again, and a zombie still has one. */
async function isGone(pid: number, withinMs: number): Promise<boolean> {
  const started = processStart(pid)
  if (started === undefined) return true
  for (const deadline = performance.now() + withinMs; performance.now() < deadline;) {
    await sleep(POLL_MS)
    if (processStart(pid) !== started) return true
  }
  return false
}

/** True once something listens on the socket; a process with a pid but no socket is given time to start or to go. */
async function listens(home: Home): Promise<boolean> {
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const { state } = await presenceOf(home)
    if (state !== 'absent') return true
    if (readRunningPid(home.pidFile) === undefined || performance.now() > deadline) return false
    await sleep(POLL_MS)
  }
}

function pidUnknown(home: Home): CliError {
  return new CliError(
    'PID_UNKNOWN',
    `a daemon listens on ${home.socket}, but ${home.pidFile} does not name it`,
    'find it with: pgrep -af "spl.* serve", then kill that process',
  )
}

function unresponsive(home: Home, pid: number): CliError {
  return new CliError(
    'DAEMON_UNRESPONSIVE',
    `process ${pid} holds the home ${home.root}, but listens on no socket`,
    `look at it with: ps -p ${pid}, read ${home.logFile}, then kill ${pid}`,
  )
}

function tooSlow(home: Home, pid: number): CliError {
  return new CliError(
    'STOP_TIMEOUT',
    `process ${pid} did not stop within ${STOP_TIMEOUT_MS / 1000} s`,
    `wait and look again with: spl serve --status, read ${home.logFile}, or at last: kill -9 ${pid} (what was acknowledged is safe)`,
  )
}
