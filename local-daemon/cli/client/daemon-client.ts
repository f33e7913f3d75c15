import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { Problem } from '../../../protocol/http/problem.ts'
import { REGISTRY_CHALLENGE_PATH } from '../../../protocol/identity/registry-request.ts'
import { isChallenge } from '../../../protocol/identity/request-signature.ts'
import { INVITE_PATH } from '../../../protocol/identity/signed-code.ts'
import { ProxyError } from '../../network/proxy.ts'
import { findBearer } from './bearer.ts'
import { CliError } from '../cli-error.ts'
import { destinationOf } from './destination.ts'
import { EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { homeOf, type GlobalOptions } from '../global-options.ts'
import { checkInstance, INSTANCE_LIMITS } from '../login/ask-instance.ts'
import { noAnswer } from './no-answer.ts'
import { AnswerTooLargeError, readAnswer } from './read-answer.ts'
import type { Home } from '../../home/home.ts'
import { startCommand } from '../serve/start-command.ts'
import { sendRequest, SilentError, type Target } from './send-request.ts'

/** Milliseconds of silence, and then the daemon hangs: each request of the CLI is small work. */
const SILENCE_MS = 30_000
/** Most bytes of an answer. The largest one is a page of a thousand records of half a MiB: what a string can hold. */
const ANSWER_BYTES = 512 * 1024 * 1024 - 1024

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
  return client({
    name: socket,
    namedBy: '--home',
    target: { socket },
    headers: { host: 'localhost' },
    silenceMs,
    unreachable: (cause) =>
      new CliError(
        'DAEMON_NOT_RUNNING',
        `no daemon listens on ${socket}`,
        `${startCommand(home)}; spl doctor says what else is wrong`,
        EXIT_CODE.unreachable,
        { cause },
      ),
  })
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
  return client({
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

interface Connection {
  /** How the daemon is called in errors. */
  readonly name: string
  readonly namedBy: string
  readonly target: Target
  readonly headers: Readonly<Record<string, string>>
  /** Where challenges are given, and the fields that depend on the request: its signature over one. */
  readonly signed?: {
    readonly challengePath: string
    readonly sign: (request: SignedRequest, challenge: string) => Promise<Record<string, string>>
  }
  readonly silenceMs: number
  readonly withinMs?: number
  readonly answerBytes?: number
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
 * The registry of a gateway, which is asked by signed requests, each over a challenge that it gives.
 *
 * @param sign the header fields of a request's signature over a challenge
 */
export function registryClient(
  target: Extract<Target, { readonly origin: URL }>,
  sign: NonNullable<Connection['signed']>['sign'],
): DaemonClient {
  const { origin } = target.origin
  return client({
    name: origin,
    namedBy: '--url',
    target,
    headers: {},
    signed: { challengePath: REGISTRY_CHALLENGE_PATH, sign },
    silenceMs: SILENCE_MS,
    unreachable: (cause) => {
      const { message, next } = noAnswer(target.origin, cause, '--ca <its file>')
      return new CliError(
        'GATEWAY_UNREACHABLE',
        message,
        next ?? 'check --url',
        EXIT_CODE.unreachable,
        { cause },
      )
    },
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
  again = false,
): Promise<Answer> {
  const request = { method, path, body: body ?? '' }
  const headers = {
    ...connection.headers,
    accept: 'application/json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(await signatureOf(connection, request)),
  }
  const { target, silenceMs, withinMs } = connection
  const signal = withinMs === undefined ? undefined : AbortSignal.timeout(withinMs)
  try {
    const response = await sendRequest(target, {
      method,
      path,
      headers,
      body,
      silenceMs,
      ...(signal && { signal }),
    })
    const answer = await answerOf(connection, response)
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return answer as Answer
    const problem = answer as Partial<Problem> | null
    // Nothing was done: the registry has restarted since it gave the challenge.
    if (problem?.code !== 'CHALLENGE_STALE' || again) {
      throw refusal(status, problem, path === INVITE_PATH ? inviteSteps(connection) : BEARER_STEPS)
    }
    return await call(connection, method, path, body, true)
  } catch (error) {
    if (signal?.aborted && !(error instanceof CliError)) throw timedOut(connection)
    throw asCliError(connection, error)
  }
}

/** @throws CliError when there is no challenge to sign */
async function signatureOf(
  { signed, ...plain }: Connection,
  request: SignedRequest,
): Promise<Record<string, string>> {
  if (signed === undefined) return {}
  const { challenge } = await call<{ challenge?: unknown }>(plain, 'GET', signed.challengePath)
  if (isChallenge(challenge)) return signed.sign(request, challenge)
  throw noDaemon(plain, new Error('no challenge'))
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
    throw refusal(status, (await answerOf(connection, response)) as Partial<Problem> | null)
  } catch (error) {
    throw asCliError(connection, error)
  }
}

function asCliError(connection: Connection, error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof SilentError) return timedOut(connection)
  if (error instanceof ProxyError) {
    return new CliError(error.code, error.message, error.try, EXIT_CODE.unreachable, {
      cause: error,
    })
  }
  if (error instanceof AnswerTooLargeError) return noDaemon(connection, error)
  return connection.unreachable(error as Error)
}

function timedOut({ name, target }: Connection): CliError {
  return new CliError(
    'DAEMON_TIMEOUT',
    `${name} took the connection and does not answer`,
    'socket' in target
      ? 'spl serve --status, then the last lines of its log'
      : 'the same command again; on the daemon’s machine: spl status',
    EXIT_CODE.unreachable,
  )
}

async function answerOf(connection: Connection, response: IncomingMessage): Promise<unknown> {
  const { location } = response.headers
  const status = response.statusCode ?? 0
  if (status >= 300 && status < 400 && location !== undefined) {
    response.destroy()
    throw redirected(connection, location)
  }
  const body = await readAnswer(response, connection.answerBytes ?? ANSWER_BYTES)
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw noDaemon(connection, cause as Error)
  }
}

function noDaemon({ name, namedBy }: Connection, cause: Error): CliError {
  const what = cause instanceof AnswerTooLargeError ? cause.message : 'what is no JSON'
  return new CliError(
    'ANSWER_INVALID',
    `${name} answered with ${what}: is it a spl daemon?`,
    `check ${namedBy}`,
    EXIT_CODE.failed,
    { cause },
  )
}

/** A daemon never redirects, and a bearer is for one origin: it is not carried to another. */
function redirected({ name, namedBy }: Connection, location: string): CliError {
  return new CliError(
    'REDIRECTED',
    `${name} sends callers on to ${location}; a bearer is for one address and does not follow`,
    `check ${namedBy}; if that is where the daemon is now, name it itself: spl login <url>`,
  )
}

/** Turns the one error envelope into the error a person reads. */
function refusal(
  status: number,
  answer: Partial<Problem> | null,
  steps: Steps = BEARER_STEPS,
): CliError {
  const problem = forShells(flattened(answer ?? {}), steps)
  const message = problem.message ?? `status ${status}`
  const { field } = problem
  return new CliError(
    problem.code ?? 'ANSWER_INVALID',
    field === undefined || message.includes(field) ? message : `${message} (${field})`,
    problem.try ?? nextStep(problem),
    exitCodeOf(status),
  )
}

/** On one line each: a line feed in them could pass for a next step of ours. */
function flattened(problem: Partial<Problem>): Partial<Problem> {
  const entries = Object.entries(problem).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\n', ' ') : value,
  ])
  return Object.fromEntries(entries) as Partial<Problem>
}

/** The same with the next step of a shell, where the daemon's is about header fields. */
function forShells(problem: Partial<Problem>, steps: Steps): Partial<Problem> {
  const step = steps[problem.code ?? ''] ?? shellStep(problem.try)
  return step === undefined ? problem : { ...problem, try: step }
}

/** The daemon names routes; a person at a shell has commands. */
function shellStep(step: string | undefined): string | undefined {
  if (step?.includes('/openapi.json')) return '--help after the command shows what it takes'
  return step?.replace(/\bGET (\/v1\/[\w/-]+) lists/u, (route, path: string) => {
    const command = COMMAND_OF[path]
    return command === undefined ? route : `${command} shows`
  })
}

/** What shows at a shell what a route shows. */
const COMMAND_OF: Readonly<Record<string, string>> = {
  '/v1/service-accounts': 'spl service-account list',
  '/v1/tokens': 'spl token list',
  '/v1/invites': 'spl pair invites',
  '/v1/threads': 'spl thread list',
}

/** Next steps by code. */
type Steps = Readonly<Record<string, string>>

/** What was shown is no bearer: a new invite is made at home. */
function inviteSteps({ target }: Connection): Steps {
  const url = 'origin' in target ? target.origin.origin : '<url>'
  const anew = `at home: spl pair --invite --device <label> --url ${url}`
  return {
    AUTH_INVALID: anew,
    CODE_USED: `if it was not you, at home: spl service-account list, then revoke that account; else ${anew}`,
  }
}

/** What a person at a shell does; the daemon's own hints are for programs that speak HTTP. */
const BEARER_STEPS: Steps = {
  AUTH_REQUIRED:
    'SPL_TOKEN=<bearer>, or keep one with: spl token save -; spl login <url> pairs this machine',
  AUTH_INVALID:
    'spl token show-source says which bearer was sent; another one: at home spl token create --sa <id>, then here spl token save -, or spl login <url>',
  AUTH_REVOKED:
    'at home: spl token create --sa <id>, then here: spl token save -, or spl login <url>',
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
