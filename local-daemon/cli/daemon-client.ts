import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Problem } from '../../protocol/problem.ts'
import { findBearer } from './bearer.ts'
import { CliError } from './cli-error.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { homeOf, type GlobalOptions } from './global-options.ts'
import { sendRequest, SilentError, type Target } from './send-request.ts'

/** Milliseconds of silence, and then the daemon hangs: each request of the CLI is small work. */
const SILENCE_MS = 30_000

/** The daemon as the CLI sees it: JSON in, JSON out, refusals thrown as {@link CliError}. */
export interface DaemonClient {
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body: object): Promise<Answer>
  delete<Answer>(path: string): Promise<Answer>
  /** An event stream: its head has come and is good, its events are still to be read. */
  stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage>
}

/**
 * The daemon that this call talks to: the one at `SPL_SERVE_URL` with a bearer, else the one of the home over
 * its Unix socket, where the file's permissions are the authentication.
 *
 * @throws CliError when there is no usable address or bearer
 */
export async function daemonClient(
  options: GlobalOptions,
  silenceMs = SILENCE_MS,
): Promise<DaemonClient> {
  const url = process.env['SPL_SERVE_URL']
  if (!url) return socketClient(homeOf(options).socket, silenceMs)
  const bearer = await findBearer(options.token, homeOf(options))
  return originClient(parseOrigin(url), bearer, 'SPL_SERVE_URL')
}

/** The daemon that listens on a Unix socket. */
export function socketClient(socket: string, silenceMs = SILENCE_MS): DaemonClient {
  return client({
    name: socket,
    target: { socket },
    headers: { host: 'localhost' },
    silenceMs,
    unreachable: (cause) =>
      new CliError(
        'DAEMON_NOT_RUNNING',
        `no daemon listens on ${socket}`,
        'spl serve --daemon',
        EXIT_CODE.unreachable,
        { cause },
      ),
  })
}

/**
 * The daemon behind an origin: its own loopback address, or a gateway.
 *
 * @param namedBy the option or variable that the origin came from, for the next step of an error
 */
export function originClient(origin: URL, bearer: string, namedBy: string): DaemonClient {
  return client({
    name: origin.origin,
    target: { origin },
    headers: { authorization: `Bearer ${bearer}` },
    silenceMs: SILENCE_MS,
    unreachable: (cause) =>
      new CliError(
        'DAEMON_UNREACHABLE',
        `nothing answers at ${origin.origin}: ${cause.message}`,
        `check ${namedBy}; for a certificate made at home set NODE_EXTRA_CA_CERTS to its file`,
        EXIT_CODE.unreachable,
        { cause },
      ),
  })
}

interface Connection {
  /** How the daemon is called in errors. */
  readonly name: string
  readonly target: Target
  readonly headers: Readonly<Record<string, string>>
  /** Fields that depend on the request: its signature. @param edgeTimeMs the other side's clock, if it has told it */
  readonly sign?: (request: SignedRequest, edgeTimeMs: number) => Promise<Record<string, string>>
  readonly silenceMs: number
  /** The error for a connection that cannot be made. */
  readonly unreachable: (cause: Error) => CliError
}

/** What a signature is over, beside the host. */
export interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly body: string
}

/**
 * The registry of a gateway, which is asked by signed requests. A clock that is off is corrected by what it says.
 *
 * @param sign the header fields of a request's signature, made at this time, milliseconds since 1970
 */
export function registryClient(
  target: Extract<Target, { readonly origin: URL }>,
  sign: NonNullable<Connection['sign']>,
): DaemonClient {
  const { origin } = target.origin
  return client({
    name: origin,
    target,
    headers: {},
    sign,
    silenceMs: SILENCE_MS,
    unreachable: (cause) =>
      new CliError(
        'GATEWAY_UNREACHABLE',
        `nothing answers at ${origin}: ${cause.message}`,
        'check --url; for a certificate made by spl gateway serve --self-signed give --ca <file>',
        EXIT_CODE.unreachable,
        { cause },
      ),
  })
}

function client(connection: Connection): DaemonClient {
  return {
    get: (path) => call(connection, 'GET', path),
    post: (path, body) => call(connection, 'POST', path, JSON.stringify(body)),
    delete: (path) => call(connection, 'DELETE', path),
    stream: (path, headers, signal) => openStream(connection, path, headers, signal),
  }
}

async function call<Answer>(
  connection: Connection,
  method: string,
  path: string,
  body?: string,
  edgeTimeMs?: number,
): Promise<Answer> {
  const request = { method, path, body: body ?? '' }
  const headers = {
    ...connection.headers,
    accept: 'application/json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(await connection.sign?.(request, edgeTimeMs ?? Date.now())),
  }
  const { target, silenceMs } = connection
  try {
    const response = await sendRequest(target, { method, path, headers, body, silenceMs })
    const answer = parseAnswer(await text(response), connection.name)
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return answer as Answer
    const problem = answer as Partial<Problem> & { readonly edge_time?: number }
    if (problem.code !== 'SIGNATURE_CLOCK' || edgeTimeMs !== undefined || !problem.edge_time) {
      throw refusal(status, problem)
    }
    return await call(connection, method, path, body, problem.edge_time)
  } catch (error) {
    throw asCliError(connection, error)
  }
}

async function openStream(
  connection: Connection,
  path: string,
  given: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = { ...connection.headers, accept: 'text/event-stream', ...given }
  const { target, silenceMs } = connection
  try {
    const response = await sendRequest(target, { method: 'GET', path, headers, silenceMs, signal })
    const status = response.statusCode ?? 0
    if (status === 200) return response
    throw refusal(status, parseAnswer(await text(response), connection.name) as Partial<Problem>)
  } catch (error) {
    throw asCliError(connection, error)
  }
}

function asCliError(connection: Connection, error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof SilentError) return timedOut(connection.name)
  return connection.unreachable(error as Error)
}

function timedOut(name: string): CliError {
  return new CliError(
    'DAEMON_TIMEOUT',
    `${name} took the connection and does not answer`,
    'spl serve --status, then the last lines of its log',
    EXIT_CODE.unreachable,
  )
}

function parseAnswer(body: string, name: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new CliError(
      'ANSWER_INVALID',
      `${name} did not answer with JSON: is it a spl daemon?`,
      'check SPL_SERVE_URL',
      EXIT_CODE.failed,
      { cause },
    )
  }
}

/** Turns the one error envelope into the error a person reads. */
function refusal(status: number, problem: Partial<Problem>): CliError {
  const message = problem.message ?? `status ${status}`
  const { field } = problem
  return new CliError(
    problem.code ?? 'ANSWER_INVALID',
    field === undefined || message.includes(field) ? message : `${message} (${field})`,
    problem.try ?? nextStep(problem),
    exitCodeOf(status),
  )
}

function nextStep(problem: Partial<Problem>): string {
  if (problem.required_scope !== undefined)
    return `a bearer with the scope ${problem.required_scope}`
  return problem.request_id === undefined
    ? 'change the request; --help after the command shows examples'
    : `look for request ${problem.request_id} in the log of the ${problem.hop}`
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT_CODE.refused
  return status === 502 || status === 503 || status === 504
    ? EXIT_CODE.unreachable
    : EXIT_CODE.failed
}

function parseOrigin(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed
  throw new CliError(
    'URL_INVALID',
    `SPL_SERVE_URL is not an http or https address: ${JSON.stringify(url)}`,
    'SPL_SERVE_URL=https://<public hostname>',
    EXIT_CODE.usage,
  )
}
