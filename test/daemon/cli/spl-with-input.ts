import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { MAIN, type SplEnvironment, type SplRun } from '../../support/cli/run-spl.ts'

/** Runs one command of the CLI with something on its stdin. */
export async function splWithInput(
  args: readonly string[],
  input: string,
  { home, env }: SplEnvironment,
): Promise<SplRun> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SPL|SYNCROPEL)_/u.test(name))
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(inherited), SYNCROPEL_HOME: home, ...env },
  })
  // A command that has read enough leaves, and the rest of its input breaks.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const closed = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    closed,
  ])
  return { code, stdout, stderr }
}
