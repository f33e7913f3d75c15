import { closeSync, writeSync } from 'node:fs'
import { explainStart } from '../../explain-start.ts'
import { boundYoungHeap } from '../../process/young-heap.ts'
import type { Home } from '../../home/home.ts'
import type { TunnelTarget } from '../../tunnel/start-tunnel.ts'
import { note } from '../output/output.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { stopForSure } from '../signals/stop-for-sure.ts'
import { untilSignal } from '../signals/until-signal.ts'
import { bootstrapToken } from './bootstrap-token.ts'
import { readyReport, warnOfStart } from './ready-report.ts'
import type { ReadyReport } from '../client/ready-report.ts'
import { writeRunningFile } from '../client/running-file.ts'
import type { ServeOptions } from './serve-options.ts'
import { showReady } from './show-ready.ts'
import { startArguments } from './start-arguments.ts'
import { nameStore } from '../output/for-this-home.ts'
import type { StartFailure } from './start-failure.ts'
import { untilFault } from './until-fault.ts'
import { ignoreUserSignals } from '../signals/user-signals.ts'

/** Runs the daemon in this process until a signal asks it to stop. */
export async function runForeground(home: Home, options: ServeOptions): Promise<void> {
  const announce = announcer(options)
  const tunnel = tunnelOf(options)
  const bootstrap = bootstrapToken()
  nameStore(options.store ?? null)
  ignoreUserSignals()
  boundYoungHeap()
  const signalled = untilSignal()
  const { startDaemon } = await import('../../daemon.ts')
  const daemon = await startDaemon({
    home: home.root,
    host: options.host,
    port: options.port,
    ...(options.store !== undefined && { store: options.store }),
    memory: options.memory === true,
    newStore: options.newStore === true,
    // A service manager keeps what is printed: a bearer must not be in it.
    mintAdmin: options.supervisor === undefined,
    ...(tunnel && { tunnel }),
    insecureLocalhost: options.insecureLocalhost === true,
    ...(bootstrap !== undefined && { bootstrapToken: bootstrap }),
  }).catch(async (error: unknown) => {
    if (options.readyFd !== undefined) await announce(startFailure(error))
    throw error
  })
  const report = readyReport(daemon, home, tunnel, options)
  if (options.readyFd === undefined) warnOfStart(report)
  try {
    writeRunningFile(home, report, startArguments(options))
  } catch (cause) {
    // Half started it would serve, and nothing would know where.
    await stopForSure(() => daemon.stop())
    const error = explainStart(cause, home)
    if (options.readyFd !== undefined) await announce(startFailure(error))
    throw error
  }
  const fault = untilFault(daemon).then((why) => ({ why }))
  try {
    await announce(report)
  } catch (error) {
    await stopForSure(() => daemon.stop())
    throw error
  }
  const ended = await Promise.race([signalled, fault])
  note('stopping')
  if (typeof ended === 'object') process.exitCode = EXIT_CODE.fault
  await stopForSure(() => daemon.stop())
}

function tunnelOf({ gateway, gatewayCa }: ServeOptions): TunnelTarget | undefined {
  if (!gateway) return undefined
  return { gatewayUrl: gateway, ...(gatewayCa && { cacert: gatewayCa }) }
}

/** Where the outcome of the start goes: to the parent of a background daemon, or to the person in front. */
function announcer(options: ServeOptions): (outcome: ReadyReport | StartFailure) => Promise<void> {
  const fd = options.readyFd
  if (fd !== undefined) {
    return async (outcome) => {
      writeSync(fd, `${JSON.stringify(outcome)}\n`)
      closeSync(fd)
    }
  }
  return async (outcome) => {
    if (outcome.object === 'daemon') await showReady(outcome, options.json === true)
  }
}

function startFailure(error: unknown): StartFailure {
  const { message, code, try: next } = error as Error & { code?: string; try?: string }
  return {
    object: 'start_failure',
    message,
    code: code ?? 'START_FAILED',
    ...(next && { try: next }),
  }
}
