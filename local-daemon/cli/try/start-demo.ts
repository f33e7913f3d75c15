import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadIdentity } from '../../access/identity/identity.ts'
import { homeAt } from '../../home/home.ts'
import { prepareHome } from '../../home/prepare-home.ts'
import { startDaemon } from '../../daemon.ts'
import { startGateway } from '../../gateway/start-gateway.ts'
import { CliError } from '../cli-error.ts'
import { sendRequest } from '../client/send-request.ts'
import { readyReport } from '../serve/ready-report.ts'
import { writeRunningFile } from '../client/running-file.ts'
import { keepBearer } from './keep-bearer.ts'
import { lastPorts, onPort } from './last-ports.ts'

/** Milliseconds until a request must have passed the public hostname, the tunnel and the store. */
const END_TO_END_TIMEOUT_MS = 30_000
const RETRY_MS = 100

/** A gateway and a daemon on this machine, connected, in a home of their own. */
export interface Demo extends AsyncDisposable {
  readonly publicUrl: string
  /** PEM of the certificate, and its path. */
  readonly ca: string
  readonly cacert: string
  readonly daemonUrl: string
  readonly bearer: string
  readonly home: string
  stop(): Promise<void>
}

/**
 * Starts both on free ports and resolves once the public hostname answers end to end.
 *
 * @throws StartError, GatewayError, CliError
 */
export async function startDemo(directory: string): Promise<Demo> {
  const home = homeAt(directory)
  prepareHome(home)
  const running: (() => Promise<void>)[] = []
  // The newest first: once the daemon has gone, workerd has no open socket to linger for.
  async function stop(): Promise<void> {
    for (const stopOne of running.splice(0).toReversed()) await stopOne()
  }
  try {
    const ports = lastPorts(home)
    const gateway = await onPort(ports.gateway, (port) =>
      startGateway({
        ownerDid: loadIdentity(home).did,
        directory: home.gateway,
        port,
        tls: 'self-signed',
        onLog: logTo(join(home.logs, 'gateway.log')),
      }),
    )
    running.push(gateway.stop)
    const cacert = gateway.cacert ?? ''
    const tunnel = { gatewayUrl: gateway.url, cacert }
    const daemon = await onPort(ports.daemon, (port) =>
      startDaemon({ home: home.root, port, tunnel }),
    )
    running.push(() => daemon.stop())
    const report = readyReport(daemon, home, tunnel, {})
    writeRunningFile(home, report, null)
    const bearer = await keepBearer(home, daemon.adminBearer)
    const ca = await readFile(cacert, 'utf8')
    await untilReachable(new URL(gateway.url), ca, bearer)
    return {
      publicUrl: gateway.url,
      ca,
      cacert,
      daemonUrl: report.address,
      bearer,
      home: home.root,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function logTo(path: string): (line: string) => void {
  return (line) => appendFileSync(path, `${line}\n`, { mode: 0o600 })
}

/** Asks for something that only the store at home can answer, until it does. */
async function untilReachable(origin: URL, ca: string, bearer: string): Promise<void> {
  const deadline = performance.now() + END_TO_END_TIMEOUT_MS
  for (;;) {
    const answer = await askForThreads(origin, ca, bearer)
    if (answer === 'status 200') return
    if (performance.now() > deadline) throw unreachable(origin, answer)
    await sleep(RETRY_MS)
  }
}

async function askForThreads(origin: URL, ca: string, bearer: string): Promise<string> {
  const headers = { authorization: `Bearer ${bearer}` }
  const path = '/v1/threads?limit=1'
  try {
    const response = await sendRequest(
      { origin, ca },
      { method: 'GET', path, headers, silenceMs: END_TO_END_TIMEOUT_MS },
    )
    response.resume()
    return `status ${response.statusCode}`
  } catch (error) {
    return (error as Error).message
  }
}

function unreachable(origin: URL, answer: string): CliError {
  return new CliError(
    'DEMO_UNREACHABLE',
    `${origin.origin} does not reach the store: ${answer}`,
    'read logs/spl.log and logs/gateway.log in the home of the demo',
  )
}
