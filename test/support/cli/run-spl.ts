import { spawn, type ChildProcess } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Readable } from 'node:stream'
import { processStart } from '../../../local-daemon/home/process-start.ts'

/** The file of the command line, as bundled for the tests (bundle-spl.ts), or its source. */
export const MAIN =
  process.env['SPL_TEST_MAIN'] ??
  fileURLToPath(new URL('../../../local-daemon/cli/main.ts', import.meta.url))

export interface SplRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface SplEnvironment {
  /** Becomes SYNCROPEL_HOME. */
  readonly home: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the CLI as a process of its own, with only the given variables in its environment. */
export function startSpl(args: readonly string[], { home, env }: SplEnvironment): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SPL|SYNCROPEL)_/u.test(name))
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(inherited), SYNCROPEL_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs one command to its end. */
export async function runSpl(args: readonly string[], where: SplEnvironment): Promise<SplRun> {
  const child = startSpl(args, where)
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  return { code, stdout, stderr }
}

/** Whether a process runs. A zombie counts as gone: only its parent still sees it. */
export function isRunning(pid: number): boolean {
  return processStart(pid) !== undefined
}
