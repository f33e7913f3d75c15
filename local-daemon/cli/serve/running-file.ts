import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '../../config/home.ts'
import { readRunningPid } from '../../config/pid-file.ts'
import type { ReadyReport } from './ready-report.ts'

/** How the running daemon was started, for `spl status`: never the bearer. */
export type RunningFacts = Omit<ReadyReport, 'admin_bearer'> & { readonly started_at: string }

/** Notes the address and the gateway, which only the process that started the daemon knows. */
export function writeRunningFile(home: Home, report: ReadyReport): void {
  const { admin_bearer: _secret, ...facts } = report
  const path = pathIn(home)
  const text = JSON.stringify({ ...facts, started_at: new Date().toISOString() })
  writeFileSync(`${path}.${process.pid}`, text, { mode: 0o600 })
  renameSync(`${path}.${process.pid}`, path)
}

/** The facts of the daemon that runs now; what a crashed one left behind is not believed. */
export function readRunningFile(home: Home): RunningFacts | undefined {
  try {
    const facts = JSON.parse(readFileSync(pathIn(home), 'utf8')) as RunningFacts
    return facts.pid === readRunningPid(home.pidFile) ? facts : undefined
  } catch {
    return undefined
  }
}

function pathIn(home: Home): string {
  return join(home.run, 'spl.json')
}
