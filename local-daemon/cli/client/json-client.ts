import type { IncomingMessage } from 'node:http'
import type { Problem } from '../../../protocol/http/problem.ts'
import { isChallenge } from '../../../protocol/identity/request-signature.ts'
import { INVITE_PATH } from '../../../protocol/identity/signed-code.ts'
import { CliError } from '../cli-error.ts'
import { asCliError, noDaemon, redirected, timedOut } from './connection-fault.ts'
import type { Connection, SignedRequest } from './connection.ts'
import type { DaemonClient } from './daemon-client.ts'
import { readAnswer } from './read-answer.ts'
import { BEARER_STEPS, inviteSteps, refusal } from './refusal.ts'
import { type RequestToSend, sendRequest } from './send-request.ts'

/** Most bytes of an answer. The largest one is a page of a thousand records of half a MiB: what a string can hold. */
const ANSWER_BYTES = 512 * 1024 * 1024 - 1024

/** JSON in, JSON out over a connection; refusals and everything that keeps an answer away are thrown as CliError. */
export function jsonClient(connection: Connection): DaemonClient {
  return {
    get: (path) => call(connection, { method: 'GET', path }),
    post: (path, body) => call(connection, { method: 'POST', path, body: JSON.stringify(body) }),
    patch: (path, body) => call(connection, { method: 'PATCH', path, body: JSON.stringify(body) }),
    delete: (path) => call(connection, { method: 'DELETE', path }),
    postLines: (path, body, signal) =>
      openStream(connection, { method: 'POST', path, headers: LINES_HEADERS, body, signal }),
    stream: (path, headers, signal) =>
      openStream(connection, { method: 'GET', path, headers, signal }),
  }
}

const LINES_TYPE = 'application/x-ndjson'
const LINES_HEADERS = { 'content-type': LINES_TYPE, accept: LINES_TYPE }

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: string
}

/** @param again the second try, after a challenge that was stale */
async function call<Answer>(
  connection: Connection,
  { method, path, body }: Call,
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
      throw refusal(
        status,
        problem,
        path === INVITE_PATH ? inviteSteps(urlOf(connection)) : BEARER_STEPS,
      )
    }
    return await call(connection, { method, path, ...(body !== undefined && { body }) }, true)
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
  const { challenge } = await call<{ challenge?: unknown }>(plain, {
    method: 'GET',
    path: signed.challengePath,
  })
  if (isChallenge(challenge)) return signed.sign(request, challenge)
  throw noDaemon(plain, new Error('no challenge'))
}

interface StreamCall extends Pick<RequestToSend, 'method' | 'path' | 'headers' | 'body'> {
  readonly signal: AbortSignal
}

async function openStream(connection: Connection, asked: StreamCall): Promise<IncomingMessage> {
  const headers = { ...connection.headers, accept: 'text/event-stream', ...asked.headers }
  const { target, silenceMs } = connection
  try {
    const response = await sendRequest(target, { ...asked, headers, silenceMs })
    const status = response.statusCode ?? 0
    if (status === 200) return response
    throw refusal(status, (await answerOf(connection, response)) as Partial<Problem> | null)
  } catch (error) {
    throw asCliError(connection, error)
  }
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

function urlOf({ target }: Connection): string {
  return 'origin' in target ? target.origin.origin : '<url>'
}
