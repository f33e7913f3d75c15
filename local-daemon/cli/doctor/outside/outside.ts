import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { readBeginning } from '../../client/read-answer.ts'
import { sendRequest, type RequestToSend, type Target } from '../../client/send-request.ts'

/** A public address of the daemon, as somebody elsewhere reaches it. */
export interface Outside {
  readonly origin: URL
  /** Without it, and without tickets, only what needs none is asked. */
  readonly bearer?: string | undefined
  /** Gets a stream ticket for a path, in place of a bearer: at home the socket gives them, and no bearer is at hand. */
  readonly ticket?: ((path: string) => Promise<string>) | undefined
  /** The did:key of the daemon that should answer. */
  readonly expectedDid?: string | undefined
  /** Name of its process, where that is known: a copy of its home has another. */
  readonly process?: string | undefined
  /** PEM certificates that are trusted beside the system's. */
  readonly ca?: string | undefined
  /** Finds the address of the origin's name in place of the system. */
  readonly lookup?: LookupFunction | undefined
  /** An origin whose pages may call, from the setting `auth_cors_origins`. */
  readonly allowedOrigin?: string | undefined
  /** How many other origins that setting has. */
  readonly otherOrigins?: number | undefined
  /** Port of plain http beside an https origin. */
  readonly httpPort?: number | undefined
}

export interface OutsideAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** The body as JSON, empty if it is none. */
  readonly json: Readonly<Record<string, unknown>> & AnswerText
}

/** What an error says, and what any answer says it is. Nothing of it is checked. */
interface AnswerText {
  readonly object?: string
  readonly code?: string
  readonly hop?: string
  readonly try?: string
}

/** Milliseconds that one question may take: a gateway whose daemon is away waits ten seconds before it says so. */
export const PROBE_TIMEOUT_MS = 15_000
/** Bytes of an answer that are read. */
const ANSWER_BYTES = 64 * 1024

type Question = Partial<RequestToSend> & {
  readonly path: string
  /** The bearer is not shown. */
  readonly anonymous?: boolean
}

/** Asks one thing and reads the answer. Rejects with whatever broke the connection. */
export async function ask(outside: Outside, question: Question): Promise<OutsideAnswer> {
  const response = await open(outside, question)
  const json = parse(await readBeginning(response, ANSWER_BYTES))
  return { status: response.statusCode ?? 0, headers: response.headers, json }
}

/** The same, with the body still to be read. */
export async function open(outside: Outside, question: Question): Promise<IncomingMessage> {
  const { anonymous, ...request } = question
  const shown = anonymous || outside.bearer === undefined ? undefined : outside.bearer
  const path = anonymous ? question.path : await ticketed(outside, question.path)
  return sendRequest(targetOf(outside), {
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    silenceMs: PROBE_TIMEOUT_MS,
    method: 'GET',
    ...request,
    path,
    headers: { ...(shown && { authorization: `Bearer ${shown}` }), ...request.headers },
  })
}

/** The path, with a ticket in its query where that is all there is to show. */
export async function ticketed({ bearer, ticket }: Outside, path: string): Promise<string> {
  if (bearer !== undefined || ticket === undefined) return path
  const [bare = path] = path.split('?')
  return `${path}${path.includes('?') ? '&' : '?'}ticket=${await ticket(bare)}`
}

function targetOf({ origin, ca, lookup }: Outside): Target {
  return { origin, ca, lookup }
}

function parse(text: string): OutsideAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as OutsideAnswer['json']) : {}
  } catch {
    return {}
  }
}
