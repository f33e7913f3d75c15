import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from '../../home/home.ts'
import { readRunningPid } from '../../home/pid-file.ts'
import { processStart } from '../../home/process-start.ts'
import { CliError } from '../cli-error.ts'
import { note } from '../output/output.ts'
import { daemonProcess } from './daemon-process.ts'
import { presenceOf, type Presence } from '../client/presence.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** Milliseconds that a daemon may take to stop: it finishes open requests first. */
const STOP_TIMEOUT_MS = 15_000
/** Milliseconds that the kernel may take to end a process that is killed. */
const KILL_TIMEOUT_MS = 5_000
/** Milliseconds given to a daemon that is just starting, and has a pid file but no socket yet. */
const START_TIMEOUT_MS = 3_000
const POLL_MS = 50

export type StopOutcome =
  | { readonly status: 'stopped'; readonly pid: number }
  | { readonly status: 'not_running' }

export interface StopManners {
  /** Milliseconds that it may take. */
  readonly withinMs?: number
  /** Ends one that does not stop in time with SIGKILL: for a restart, which would leave no daemon otherwise. */
  readonly forSure?: boolean
}

/**
 * Stops the daemon of a home with SIGTERM. A process is signalled only if it is the daemon's own: see `daemonProcess`.
 *
 * @throws CliError STOP_TIMEOUT, DAEMON_UNRESPONSIVE, PID_UNKNOWN
 */
export async function stopDaemon(
  home: Home,
  { withinMs = STOP_TIMEOUT_MS, forSure = false }: StopManners = {},
): Promise<StopOutcome> {
  const presence = await settledPresence(home)
  const pid = daemonProcess(home, presence)
  if (presence.state === 'absent') {
    if (pid === undefined) return { status: 'not_running' }
    throw unresponsive(home, pid)
  }
  if (pid === undefined) throw pidUnknown(home)
  // Before the signal: afterwards its number may be somebody else's.
  const started = processStart(pid)
  process.kill(pid, 'SIGTERM')
  if (await isGone(pid, started, withinMs)) return { status: 'stopped', pid }
  if (!forSure) throw tooSlow(home, pid, withinMs)
  process.kill(pid, 'SIGKILL')
  if (!(await isGone(pid, started, KILL_TIMEOUT_MS))) throw tooSlow(home, pid, withinMs)
  note(
    `process ${pid} did not stop within ${withinMs / 1000} s and was killed; acknowledged records are safe`,
  )
  return { status: 'stopped', pid }
}

/** Watches one process, not its number: a pid is used again, and a zombie still has one. */
async function isGone(
  pid: number,
  started: string | undefined,
  withinMs: number,
): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline;) {
    if (processStart(pid) !== started || started === undefined) return true
    await sleep(POLL_MS)
  }
  return false
}

/** What is on the socket; a process with a pid but no socket is given time to start or to go. */
async function settledPresence(home: Home): Promise<Presence> {
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const presence = await presenceOf(home)
    if (presence.state !== 'absent') return presence
    if (readRunningPid(home.pidFile) === undefined || performance.now() > deadline) return presence
    await sleep(POLL_MS)
  }
}

function pidUnknown(home: Home): CliError {
  return new CliError(
    'PID_UNKNOWN',
    `something listens on ${home.socket}, but spl cannot tell which process`,
    `find it with: lsof ${shellPath(home.socket)}; or, if it runs in another container, stop it there`,
  )
}

function unresponsive(home: Home, pid: number): CliError {
  return new CliError(
    'DAEMON_UNRESPONSIVE',
    `process ${pid} uses the home ${home.root}, but does not listen on its socket`,
    `check it with: ps -p ${pid}, read ${shellPath(home.logFile)}, then kill ${pid}`,
  )
}

function tooSlow(home: Home, pid: number, withinMs: number): CliError {
  return new CliError(
    'STOP_TIMEOUT',
    `process ${pid} did not stop within ${withinMs / 1000} s`,
    `wait and check again with: spl serve --status, read ${shellPath(home.logFile)}, or as a last resort: kill -9 ${pid} (acknowledged records are safe)`,
  )
}
