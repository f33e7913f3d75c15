import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Home } from '../../home/home.ts'
import { readRunningPid } from '../../home/pid-file.ts'
import type { ReadyReport } from './ready-report.ts'
import { readArguments, type StartArguments } from './start-arguments.ts'

/** How the running daemon was started, for `spl status` and a restart: never the bearer. */
export type RunningFacts = Omit<ReadyReport, 'admin_bearer'> & {
  readonly started_at: string
  /** Null for one that no restart could start again, as `spl try` makes it. */
  readonly started_with: StartArguments | null
}

/**
 * Notes the address and the gateway, which only the process that started the daemon knows. A port that was free is noted
 * as the one that it became, so that clients find a restarted daemon where it was.
 */
export function writeRunningFile(
  home: Home,
  report: ReadyReport,
  args: StartArguments | null,
): void {
  const { admin_bearer: _secret, ...facts } = report
  const path = home.runningFile
  const started_with = args && { ...args, port: Number(new URL(report.address).port || 80) }
  const text = JSON.stringify({ ...facts, started_at: new Date().toISOString(), started_with })
  const part = `${path}.${process.pid}`
  try {
    writeFileSync(part, text, { mode: 0o600 })
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

/** The facts of the daemon that runs now; what a crashed one left behind is not believed. */
export function readRunningFile(home: Home): RunningFacts | undefined {
  const facts = read(home)
  return facts !== undefined && facts.pid === readRunningPid(home.pidFile) ? facts : undefined
}

/** What the daemon that runs, or the last one that did, was started with; undefined where nobody knows. */
export function readLastStart(home: Home): StartArguments | undefined {
  return readArguments(read(home)?.started_with)
}

function read(home: Home): RunningFacts | undefined {
  try {
    return JSON.parse(readFileSync(home.runningFile, 'utf8')) as RunningFacts
  } catch {
    return undefined
  }
}
