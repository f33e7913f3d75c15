import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { until } from '../../../support/until.ts'
import { runFitting } from '../../../support/cli/run-here.ts'
import { isRunning, MAIN } from '../../../support/cli/run-spl.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'

/** Milliseconds in which a process that obeys a signal is gone, or at least has said that it stops. */
const OBEYED_MS = 1_500

/** The command line as somebody else starts it. */
function start(program: string, args: readonly string[], home: string): ChildProcess {
  const env = { ...process.env, SYNCROPEL_HOME: home }
  return spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

function pidIn(home: string): number {
  return Number(/^\d+/u.exec(readFileSync(join(home, 'run', 'spl.pid'), 'utf8'))?.[0])
}

async function answers(home: string): Promise<boolean> {
  return (await runFitting(['status'], { home })).code === 0
}

test('a daemon under nohup outlives the terminal, and stops when it is told to', async () => {
  using home = aHome()
  const line = [process.execPath, MAIN, 'serve', '--foreground', '--port', '0']
  const child = start('nohup', line, home.path)
  await until('it runs', () => answers(home.path))
  child.kill('SIGHUP')
  await sleep(OBEYED_MS)
  expect([child.exitCode, child.signalCode]).toEqual([null, null])
  expect(await answers(home.path)).toBe(true)
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([0, null])
})

test('a gateway under nohup outlives the terminal, and stops when it is told to', async () => {
  using home = aHome()
  await runFitting(['serve', '--daemon', '--port', '0'], { home: home.path })
  await runFitting(['serve', '--stop'], { home: home.path })
  const line = [process.execPath, MAIN, 'gateway', 'serve', '--port', '0', '--json']
  const child = start('nohup', line, home.path)
  const [ready] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const { url } = JSON.parse(ready.toString()) as { url: string }
  child.kill('SIGHUP')
  await sleep(OBEYED_MS)
  expect([child.exitCode, child.signalCode]).toEqual([null, null])
  expect((await fetch(`${url}/.well-known/spl-gateway`)).status).toBeLessThan(500)
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([0, null])
})

test('a daemon in the background is left alone by a hang-up', async () => {
  using home = aHome()
  await runFitting(['serve', '--daemon', '--port', '0'], { home: home.path })
  process.kill(pidIn(home.path), 'SIGHUP')
  await sleep(OBEYED_MS)
  expect(await answers(home.path)).toBe(true)
  expect((await runFitting(['serve', '--stop'], { home: home.path })).code).toBe(0)
})

test('a daemon in a terminal stops in order when that hangs up', async () => {
  using home = aHome()
  const command = `'${process.execPath}' '${MAIN}' serve --port 0`
  const script = ['--quiet', '--return', '--command', command, '/dev/null']
  const terminal = start('script', script, home.path)
  const shown: string[] = []
  terminal.stdout?.on('data', (data: Buffer) => shown.push(String(data)))
  await until('it runs', () => answers(home.path))
  const pid = pidIn(home.path)
  process.kill(pid, 'SIGHUP')
  await until('it is gone', () => !isRunning(pid))
  expect(await once(terminal, 'close')).toEqual([0, null])
  expect(shown.join('')).toContain('stopping')
})
