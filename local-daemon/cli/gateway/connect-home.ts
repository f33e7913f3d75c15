import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { note } from '../output/output.ts'
import { probePublic } from '../client/probe-public.ts'
import { readRunningFile, type RunningFacts } from '../client/running-file.ts'
import { restartHome } from './restart-home.ts'

/** Milliseconds that a new hostname may take: Cloudflare makes its record and its certificate meanwhile. */
const REACHABLE_TIMEOUT_MS = 120_000
const RETRY_MS = 1_000
/** Milliseconds between two signs of life. */
const PROGRESS_MS = 10_000

/**
 * Starts the daemon of a home again with a gateway, and waits until the gateway's hostname leads to it.
 *
 * @returns the origin that was proved
 * @throws CliError GATEWAY_UNREACHABLE (exit code 3), or as of restartHome
 */
export async function connectHome(
  home: Home,
  gateway: string,
  withinMs = REACHABLE_TIMEOUT_MS,
  gatewayCa: string | null = null,
): Promise<string> {
  note(`restarting the daemon of ${home.root} with ${gateway}`)
  await restartHome(home, { gateway, gatewayCa })
  const facts = readRunningFile(home)
  const reason =
    facts === undefined ? 'the daemon stopped' : await untilReachable(facts, gateway, withinMs)
  if (reason === undefined) return gateway
  throw new CliError(
    'GATEWAY_UNREACHABLE',
    `${gateway} does not reach this daemon: ${reason}`,
    'a new hostname can take some minutes; then: spl gateway status',
    EXIT_CODE.unreachable,
  )
}

/** Undefined once it answers, else the last reason why not. */
async function untilReachable(
  facts: RunningFacts,
  gateway: string,
  withinMs: number,
): Promise<string | undefined> {
  const started = performance.now()
  let told = started
  for (;;) {
    const { reachable, reason } = await probePublic(facts, gateway)
    if (reachable) return undefined
    const now = performance.now()
    if (now - started > withinMs) return reason ?? 'no reason given'
    if (now - told > PROGRESS_MS) {
      told = now
      note(`waiting for ${gateway}: ${reason}`)
    }
    await sleep(RETRY_MS)
  }
}
