import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import { aHomeWithIdentity, type HomeWithIdentity } from '../support/daemon/a-home-with-identity.ts'
import { aLink, type Link } from '../support/gateway/a-link.ts'
import { until } from '../support/until.ts'
import { nothingRuns } from '../support/processes-of.ts'
import { startSpl } from '../support/cli/run-spl.ts'

/** How long the process is stopped, milliseconds. Longer than what counts as a sleep; `SPL_TEST_SLEEP_MS=60000` by hand. */
const STOPPED_MS = Number(process.env['SPL_TEST_SLEEP_MS'] ?? 6_500)
/** The target is 3 s; the rest is for a machine that is busy with other tests. */
const BACK_MS = 5_000

let home: HomeWithIdentity
let gateway: Gateway
let link: Link
let daemon: ChildProcess
let output: Promise<string>
let closed: Promise<unknown>

beforeEach(async () => {
  home = aHomeWithIdentity()
  gateway = await startGateway({
    ownerDid: home.ownerDid,
    directory: join(home.path, 'gateway'),
    // Home comes by a link that breaks, on a port of its own.
    hostname: 'localhost:*',
  })
  link = await aLink(gateway.port)
  daemon = startSpl(['serve', '--port', '0', '--gateway', link.origin], { home: home.path })
  output = text(daemon.stderr as Readable)
  closed = once(daemon, 'close')
  daemon.stdout?.resume()
  await until('the public hostname leads home', answers)
})
afterEach(async () => {
  daemon.kill('SIGCONT')
  daemon.kill('SIGKILL')
  await closed
  await link[Symbol.asyncDispose]()
  await gateway.stop()
  try {
    await nothingRuns(home.path)
  } finally {
    home[Symbol.dispose]()
  }
})

/** Whether a request through the gateway is answered at home now; one that is held does not count. */
async function answers(): Promise<boolean> {
  const signal = AbortSignal.timeout(300)
  const answer = await fetch(`${gateway.url}/health`, { signal }).catch(() => undefined)
  return answer?.status === 200
}

/** Stops the process for a while. Resolves with the milliseconds from its wake to the first answer. */
async function sleepAndWake(meanwhile: () => void): Promise<number> {
  daemon.kill('SIGSTOP')
  await sleep(500)
  meanwhile()
  await sleep(STOPPED_MS - 500)
  const at = performance.now()
  daemon.kill('SIGCONT')
  await until('it answers again', answers)
  return performance.now() - at
}

describe('a daemon process that was stopped and goes on', { timeout: STOPPED_MS + 40_000 }, () => {
  test.for([
    ['the connection is as it was', () => {}, 1],
    ['the gateway has dropped the connection', () => link.cut(), 2],
    ['the connection is dead, and nobody was told', () => link.freeze(), 2],
  ] as const)('answers again within 3 s: %s', async ([name, meanwhile, connections]) => {
    const backMs = await sleepAndWake(meanwhile)
    if (process.env['SPL_TEST_SLEEP_MS'] !== undefined) {
      process.stdout.write(`${name}: back after ${Math.round(backMs)} ms\n`)
    }
    expect(backMs).toBeLessThan(BACK_MS)
    // What it doubts it asks, and keeps if it answers: wait out the doubt.
    await sleep(2_000)
    expect(await answers()).toBe(true)
    expect(link.made()).toBe(connections)
    expect(daemon.exitCode).toBeNull()
    daemon.kill('SIGTERM')
    await closed
    expect(await output).not.toMatch(/error/i)
  })
})
