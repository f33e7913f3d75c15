import { randomUUID } from 'node:crypto'
import { type Problem, type ProblemCode, PROBLEM_STATUS } from '../../../protocol/http/problem.ts'
import type { ProblemDetail } from '../../problem/problem-error.ts'
import { EventStreamAnswer } from '../streams/event-stream-answer.ts'
import { FixedAnswer } from '../../requests/fixed-answer.ts'
import { LINES_TYPE } from '../input/lines-type.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'
import type { Subscription } from '../streams/subscription.ts'
import type { SubscriptionPieces } from '../streams/subscription-pieces.ts'

/*
 * Every answer of the daemon is made here, complete in one go: a header that a later layer adds costs
 * a copy of the answer, and one that it forgets is a hole.
 */

type ExtraHeaders = Readonly<Record<string, string>>

/** What the answer to a refusal says, with headers that only HTTP knows, such as `allow` of a 405. */
export interface RefusalDetail extends ProblemDetail {
  readonly headers?: ExtraHeaders | undefined
}

/** An answer whose body is JSON text. */
export function jsonAnswer(
  facts: TracedFacts,
  status: number,
  json: string | ReadableStream<Uint8Array>,
  extra?: ExtraHeaders,
): Response {
  const fields = headersOf('application/json', facts, facts.requestId ?? randomUUID(), extra)
  if (typeof json === 'string') return new FixedAnswer(status, fields, json)
  const body = facts.trace?.counted(json, status) ?? json
  return new Response(body, { status, headers: fields })
}

/** An answer with a JSON value in each line, as they come. */
export function linesAnswer(facts: TracedFacts, lines: ReadableStream<Uint8Array>): Response {
  const fields = headersOf(LINES_TYPE, facts, facts.requestId ?? randomUUID())
  const body = facts.trace?.counted(lines, 200) ?? lines
  return new Response(body, { status: 200, headers: fields })
}

/** An answer whose body is text of another type. */
export function textAnswer(facts: TracedFacts, type: string, text: string): Response {
  return new FixedAnswer(200, headersOf(type, facts, facts.requestId ?? randomUUID()), text)
}

/**
 * An answer that streams the feed as server-sent events.
 * @param resume what the gateway goes on with when it was cut, if that needs more than the request
 */
export function subscriptionAnswer(
  facts: TracedFacts,
  subscription: Subscription,
  pieces: SubscriptionPieces,
  resume: string | undefined,
): Response {
  if (facts.trace !== undefined) subscription.observe(facts.trace.events(200))
  return new EventStreamAnswer(subscription, pieces, eventHeaders(facts), resume)
}

/** An answer that streams other server-sent events. */
export function eventStreamAnswer(
  facts: TracedFacts,
  events: ReadableStream<Uint8Array>,
): Response {
  const body = facts.trace?.countedEvents(events, 200) ?? events
  return new Response(body, { status: 200, headers: eventHeaders(facts) })
}

function eventHeaders(facts: TracedFacts): ExtraHeaders {
  return headersOf('text/event-stream', facts, facts.requestId ?? randomUUID(), {
    'cache-control': 'no-cache, no-transform',
    // nginx would otherwise gather events until its buffer is full.
    'x-accel-buffering': 'no',
  })
}

/** The answer to a preflight of an allowed origin: what it may do is all in `facts.cors`. */
export function preflightAnswer(facts: TracedFacts): Response {
  return new Response(null, {
    status: 204,
    headers: { 'x-request-id': facts.requestId ?? randomUUID(), ...facts.cors },
  })
}

/** The one error envelope, with the status that belongs to its code. */
export function problemAnswer(
  facts: TracedFacts,
  code: ProblemCode,
  message: string,
  detail: RefusalDetail = {},
): Response {
  const requestId = facts.requestId ?? randomUUID()
  const fields = headersOf('application/json', facts, requestId, refusalHeaders(code, detail))
  const json = JSON.stringify(problemOf(code, message, detail, requestId))
  return new FixedAnswer(PROBLEM_STATUS[code], fields, json)
}

/** A 401 names how to authenticate (RFC 9110, section 11.6.1). */
function refusalHeaders(code: ProblemCode, { retryAfter, headers }: RefusalDetail): ExtraHeaders {
  return {
    ...(PROBLEM_STATUS[code] === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...headers,
  }
}

/** The envelope itself, for events and answers. */
export function problemOf(
  code: ProblemCode,
  message: string,
  detail: ProblemDetail = {},
  requestId?: string,
): Problem {
  return {
    object: 'error',
    code,
    message,
    ...(detail.try === undefined ? {} : { try: detail.try }),
    ...(detail.field === undefined ? {} : { field: detail.field }),
    ...(detail.requiredScope === undefined ? {} : { required_scope: detail.requiredScope }),
    hop: 'daemon',
    ...(requestId === undefined ? {} : { request_id: requestId }),
  }
}

function headersOf(
  type: string,
  facts: TracedFacts,
  requestId: string,
  extra: ExtraHeaders = {},
): ExtraHeaders {
  return {
    'content-type': type,
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    ...facts.cors,
    ...extra,
  }
}
