import { expect } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

/** [command line, exit code, code, what the next step names] */
export type Mistake = readonly [string, number, string, RegExp]

/** A mistake on the command line is named with its code and the next step, on stderr alone, without a stack trace. */
export async function assertMistake([line, exitCode, code, next]: Mistake): Promise<void> {
  using home = aHome()
  const run = await runHere(line.split(' '), { home: home.path })
  const [error = '', advice = ''] = run.stderr.split('\n')
  expect(error).toMatch(/^error: \S/)
  expect(error).toContain(`[${code}]`)
  expect(advice).toMatch(/^try: \S/)
  expect(run.stderr).toMatch(next)
  expect(run.stderr).not.toMatch(/ {4}at /)
  expect(run.stdout).toBe('')
  expect(run.code).toBe(exitCode)
}
