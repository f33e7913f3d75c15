import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { homeOf, type GlobalOptions } from '../global-options.ts'
import { checkInstance, INSTANCE_LIMITS } from './ask-instance.ts'
import { findBearer } from './bearer.ts'
import { jsonClient } from './json-client.ts'
import { destinationOf } from './destination.ts'
import { noAnswer } from './no-answer.ts'
import { startCommand } from './start-command.ts'

/** Milliseconds of silence, and then the daemon hangs: each request of the CLI is small work. */
export const SILENCE_MS = 30_000

/** The daemon as the CLI sees it: JSON in, JSON out, refusals thrown as {@link CliError}. */
export interface DaemonClient {
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body: object): Promise<Answer>
  patch<Answer>(path: string, body: object): Promise<Answer>
  delete<Answer>(path: string): Promise<Answer>
  /** Posts NDJSON. The answer is a stream of lines: its head has come and is good. */
  postLines(path: string, body: Uint8Array, signal: AbortSignal): Promise<IncomingMessage>
  /** An event stream: its head has come and is good, its events are still to be read. */
  stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage>
}

/**
 * The daemon that this call talks to (`destinationOf`): the one of the home over its Unix socket, where the file's
 * permissions are the authentication, or one elsewhere with a bearer. One that was logged in to must be the same as then.
 *
 * @throws CliError when there is no usable address or bearer
 */
export async function daemonClient(
  options: GlobalOptions,
  silenceMs = SILENCE_MS,
): Promise<DaemonClient> {
  const destination = destinationOf(options)
  if (destination.kind === 'home') return socketClient(destination.home, silenceMs)
  const { origin, namedBy, login } = destination
  const ca = login?.ca ?? undefined
  const bearer = await findBearer(options.token, homeOf(options), login)
  if (login !== undefined) {
    const stranger = originClient(origin, undefined, namedBy, { ca, ...INSTANCE_LIMITS })
    await checkInstance(stranger, login)
  }
  return originClient(origin, bearer, namedBy, { ca, silenceMs })
}

/** The daemon of a home, by its Unix socket. */
export function socketClient(home: Home, silenceMs = SILENCE_MS): DaemonClient {
  const { socket } = home
  return jsonClient({
    name: socket,
    namedBy: '--home',
    target: { socket },
    headers: { host: 'localhost' },
    silenceMs,
    unreachable: (cause) => (isCut(cause) ? ended(socket, cause) : notRunning(home, cause)),
  })
}

function notRunning(home: Home, cause: Error): CliError {
  return new CliError(
    'DAEMON_NOT_RUNNING',
    `no daemon listens on ${home.socket}`,
    `${startCommand(home)}; spl doctor shows what else is wrong`,
    EXIT_CODE.unreachable,
    { cause },
  )
}

/** It took the connection, and was gone before it had answered. */
function isCut(cause: Error): boolean {
  return /^(?:ECONNRESET|EPIPE)$/u.test((cause as NodeJS.ErrnoException).code ?? '')
}

function ended(socket: string, cause: Error): CliError {
  return new CliError(
    'DAEMON_ENDED',
    `the daemon on ${socket} ended before it had answered`,
    'spl status shows whether it runs again, spl logs why it ended; then run the same command again',
    EXIT_CODE.unreachable,
    { cause },
  )
}

/** Bounds of a client of their own. */
export interface ClientLimits {
  /** PEM of the only authority that is trusted; without it the system's are. */
  readonly ca?: string | undefined
  /** Finds the address in place of the system. */
  readonly lookup?: LookupFunction | undefined
  readonly silenceMs?: number
  /** Milliseconds that a whole answer may take; without it only silence counts. */
  readonly withinMs?: number
  readonly answerBytes?: number
}

/**
 * The daemon behind an origin: its own address, a reverse proxy, or a gateway.
 *
 * @param bearer undefined for what anybody may ask
 * @param namedBy the option, variable or command that the origin came from, for the next step of an error
 */
export function originClient(
  origin: URL,
  bearer: string | undefined,
  namedBy: string,
  { ca, lookup, silenceMs = SILENCE_MS, ...limits }: ClientLimits = {},
): DaemonClient {
  return jsonClient({
    ...limits,
    name: origin.origin,
    namedBy,
    target: { origin, ca, lookup },
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    silenceMs,
    unreachable: (cause) => {
      const trust = 'NODE_EXTRA_CA_CERTS=<its file>, or spl login --ca <its file>'
      const { message, next } = noAnswer(origin, cause, trust)
      return new CliError(
        'DAEMON_UNREACHABLE',
        message,
        next ?? `check ${namedBy}`,
        EXIT_CODE.unreachable,
        { cause },
      )
    },
  })
}
