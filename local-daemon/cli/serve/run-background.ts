import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import type { Home } from '../../home/home.ts'
import { explainStart } from '../../explain-start.ts'
import { prepareHome } from '../../home/prepare-home.ts'
import { migrationMs } from '../../store/file/migration-time.ts'
import { CliError } from '../cli-error.ts'
import { socketClient } from '../client/daemon-client.ts'
import { nameStore } from '../output/for-this-home.ts'
import { showProgress } from '../output/progress.ts'
import type { ReadyReport } from '../client/ready-report.ts'
import { foregroundLine } from './start-arguments.ts'
import type { StartArguments } from '../client/start-arguments.ts'
import type { StartFailure } from './start-failure.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** Milliseconds that a start may take, besides bringing the store to a new schema. It never replays the store, so this is generous. */
const START_TIMEOUT_MS = 20_000
/** A store whose step may take longer is named in the progress line. */
const LONG_MS = 10_000
/** The child's descriptor on which it says how the start went. Its own pipe: the bearer must not pass a log. */
const READY_FD = 3

/**
 * Starts the daemon as a process of its own that outlives this one, and resolves once it answers on its socket.
 *
 * @param newStore begins with an empty store, this once
 * @throws CliError the child's reason, or START_TIMEOUT, START_FAILED
 */
export async function runBackground(
  home: Home,
  args: StartArguments,
  newStore = false,
): Promise<ReadyReport> {
  const errors = home.errorLog
  nameStore(args.store)
  const migration = migrationMs(args.store ?? home.database)
  const isLong = migration > LONG_MS
  using _progress = showProgress(
    isLong ? 'bringing the store to the form of this version' : 'starting the daemon',
  )
  const child = prepareAndLaunch(
    home,
    [...foregroundLine(home, args), ...(newStore ? ['--new-store'] : []), `--ready-fd=${READY_FD}`],
    errors,
  )
  const outcome = await Promise.race([
    firstLine(child),
    exit(child, errors),
    tooLate(child, home, START_TIMEOUT_MS + migration),
  ])
  const ready = JSON.parse(outcome) as ReadyReport | StartFailure
  if (ready.object === 'start_failure') {
    throw new CliError(
      ready.code,
      ready.message,
      ready.try ?? `read the last lines of ${shellPath(errors)}`,
    )
  }
  await socketClient(home).get('/health')
  child.unref()
  return ready
}

function prepareAndLaunch(home: Home, args: readonly string[], errors: string): ChildProcess {
  try {
    prepareHome(home)
    return launch(args, errors)
  } catch (error) {
    throw explainStart(error, home)
  }
}

function launch(args: readonly string[], errors: string): ChildProcess {
  const stderr = openSync(errors, 'a', 0o600)
  try {
    return spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], {
      detached: true,
      stdio: ['ignore', 'ignore', stderr, 'pipe'],
    })
  } finally {
    closeSync(stderr)
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdio[READY_FD] as Readable })
  const [line] = (await once(lines, 'line')) as [string]
  lines.close()
  return line
}

/** Rejects when the child is gone. One that failed in order has said so on its pipe before. */
async function exit(child: ChildProcess, errors: string): Promise<never> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  throw new CliError(
    'START_FAILED',
    `the daemon exited while starting (${signal ?? `status ${code}`})`,
    `read the last lines of ${shellPath(errors)}`,
  )
}

function tooLate(child: ChildProcess, home: Home, ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(
        new CliError(
          'START_TIMEOUT',
          `the daemon did not answer within ${Math.round(ms / 1000)} s`,
          `read ${shellPath(home.logFile)}, then: spl serve --foreground`,
        ),
      )
    }, ms)
    timer.unref()
  })
}
