import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { aHome } from '../support/daemon/a-daemon.ts'
import { anIdentity } from '../support/test-identity.ts'
import { until } from '../support/until.ts'
import { aDaemonProcess } from './daemon-process.ts'
import { startSpl } from '../support/cli/run-spl.ts'

/* Real daemons, into which a fault is planted that no code of theirs handles. */

const PLANT = `--import=${new URL('plant-fault.ts', import.meta.url).href}`

async function planted(kind: string) {
  return aDaemonProcess([], { NODE_OPTIONS: PLANT, TEST_PLANTED_FAULT: kind })
}

async function faultsOf(daemon: Awaited<ReturnType<typeof planted>>, place: string) {
  const text = await (await daemon.ask('/metrics')).text()
  return new RegExp(`^spl_faults_total\\{place="${place}"\\} (\\d+)$`, 'm').exec(text)?.[1]
}

test.for([
  ['rejection', 'rejection', /nobody handles it/],
  ['no reason', 'rejection', /undefined/],
  ['exception', 'exception', /nobody catches it/],
  ['error event', 'exception', /nobody listens/],
  ['socket error', 'exception', /ECONNRESET/],
] as const)(
  'a daemon that meets an unhandled %s goes on, and says so in its log and metrics',
  async ([kind, place, message]) => {
    await using daemon = await planted(kind)
    daemon.child.kill('SIGUSR2')
    const line = () => daemon.log().find((one) => one['place'] === place)
    await until('it is in the log', () => line() !== undefined || daemon.ended() !== undefined)
    expect(daemon.ended(), 'the daemon has ended').toBeUndefined()
    expect(line()).toMatchObject({ level: 50, err: { message: expect.stringMatching(message) } })
    daemon.child.kill('SIGUSR2')
    await until('both are counted', async () => (await faultsOf(daemon, place)) === '2')
    expect((await daemon.ask('/health')).status).toBe(200)
    daemon.child.kill('SIGTERM')
    expect((await once(daemon.child, 'exit'))[0]).toBe(0)
  },
)

test('a daemon that cannot serve after an exception ends in order, with exit code 70 and a line in its log', async () => {
  await using daemon = await planted('broken listener')
  daemon.child.kill('SIGUSR2')
  await until('it has ended', () => daemon.ended() !== undefined)
  expect(daemon.ended()).toBe(70)
  const last = daemon.log().slice(-3)
  expect(last).toMatchObject([
    { place: 'exception', err: { message: 'planted: and it serves no more' } },
    { level: 60, code: 'DAEMON_FAULT', exit_code: 70 },
    { msg: 'daemon stopping' },
  ])
})

test.for(['rejection', 'exception', 'error event', 'socket error'])(
  'a gateway of your own that meets an unhandled %s goes on, and says so',
  async (kind) => {
    using home = aHome()
    const env = { NODE_OPTIONS: PLANT, TEST_PLANTED_FAULT: kind }
    const args = ['gateway', 'serve', '--owner', anIdentity().did, '--port', '0', '--json']
    const child = startSpl(args, { home: home.path, env })
    const said: string[] = []
    child.stderr?.on('data', (text: Buffer) => said.push(text.toString()))
    const closed = once(child, 'close')
    const [line] = (await once(createInterface({ input: child.stdout as Readable }), 'line')) as [
      string,
    ]
    const { url } = JSON.parse(line) as { url: string }
    child.kill('SIGUSR2')
    await until('it is said, or it has ended', () => {
      return said.join('').includes('fault (') || child.exitCode !== null
    })
    expect((await fetch(`${url}/health`)).status).toBe(503)
    child.kill('SIGTERM')
    expect((await closed)[0]).toBe(0)
  },
)

test('the page about running says what the exit code and the codes of the log mean', () => {
  const page = readFileSync(new URL('../../docs/running.md', import.meta.url), 'utf8')
  for (const word of ['`DAEMON_FAULT`', 'exit code 70', '`spl_faults_total`'])
    expect(page).toContain(word)
})
