import { GATEWAY_HEADERS } from '../../protocol/http/gateway-headers.ts'
import type { RequestHead } from '../../protocol/tunnel/heads.ts'
import { WAIT_HEADER } from '../internal/bridge.ts'
import type { RelayedKind } from '../internal/relayed.ts'
import type { ClientSinkEvents } from './client-sink.ts'
import { EventRelay } from './event-relay.ts'
import { EventResponse } from './event-response.ts'
import { EventSocket } from './event-socket.ts'
import { Resumption } from './resumption.ts'

/**
 * Sends a request's head to the object over the bridge: the first time, for a feed whose client can wait here, or
 * for the rest of a stream that was accepted before.
 */
export type SendHead = (
  head: RequestHead,
  kind: Extract<RelayedKind, 'events' | 'feed' | 'resume'>,
) => Promise<Response>

/** Passing failures of home or of the link: fatal to `EventSource`, and to no other client (WHATWG HTML, 9.2.3). */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504])

/** A WebSocket's own headers are removed: home sees a request for an event stream. */
const HANDSHAKE = /^sec-websocket-/
/** The object's answer is a handshake too, and may contain a resume code; the client's has its own headers. */
const BETWEEN_US: ReadonlySet<string> = new Set([
  'upgrade',
  'connection',
  'sec-websocket-accept',
  GATEWAY_HEADERS.resume,
  WAIT_HEADER,
])

/**
 * Relays an event stream, as server-sent events or as a WebSocket; any other answer as it is.
 * @param feed its answer is an event stream whose events have ids
 */
export async function relayEvents(
  asked: RequestHead,
  feed: boolean,
  send: SendHead,
  signal: AbortSignal,
): Promise<Response> {
  const { upgrade, ...plain } = asked
  const head: RequestHead = {
    ...plain,
    headers: asked.headers.filter(([name]) => !HANDSHAKE.test(name)),
    join: true,
  }
  // A WebSocket's client tries again by itself, and learns the reason.
  const first = feed && upgrade === undefined ? 'feed' : 'events'
  // The object may have restarted meanwhile.
  const answer = await send(head, first).catch(() => send(head, first))
  const bridge = answer.webSocket
  const waits = answer.headers.get(WAIT_HEADER)
  if (bridge === null && !(first === 'feed' && waits === null && PASSING.has(answer.status))) {
    return waits === null ? answer : withoutWait(answer)
  }
  const resumption = new Resumption(head)
  resumption.learn(answer.headers)
  const askAgain = async (id: string | undefined, begun: boolean) => {
    const again = await send(resumption.head(id), begun ? 'resume' : first)
    if (again.webSocket !== null) resumption.learn(again.headers)
    return again
  }
  let relay: EventRelay | undefined
  const events: ClientSinkEvents = {
    taken: () => relay?.taken(),
    gone: () => relay?.stop(),
  }
  const sink = upgrade === undefined ? new EventResponse(events) : new EventSocket(events)
  relay = new EventRelay(sink, askAgain, resumption)
  const waiting = bridge === null || waits !== null
  if (waiting) relay.begin(bridge, Number(waits))
  else relay.attach(bridge)
  if (signal.aborted) relay.stop()
  else signal.addEventListener('abort', () => relay.stop(), { once: true })
  return response(sink, waiting ? eventHeaders(answer.headers) : answer.headers)
}

/** As home would answer, with what the object says about CORS and the request. */
function eventHeaders(given: Headers): Headers {
  const headers = new Headers(EVENT_HEADERS)
  for (const [name, value] of given) {
    if (PASSED_ON.test(name)) headers.set(name, value)
  }
  return headers
}

const EVENT_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no',
}
const PASSED_ON = /^(?:access-control-|vary$|x-request-id$)/

function withoutWait(answer: Response): Response {
  const headers = new Headers(answer.headers)
  headers.delete(WAIT_HEADER)
  return new Response(answer.body, { status: answer.status, headers })
}

function response(sink: EventResponse | EventSocket, given: Headers): Response {
  if (sink instanceof EventSocket) {
    const requestId = given.get(GATEWAY_HEADERS.requestId) ?? ''
    const headers = { [GATEWAY_HEADERS.requestId]: requestId }
    return new Response(null, { status: 101, webSocket: sink.client, headers })
  }
  const headers = [...given].filter(([name]) => !BETWEEN_US.has(name))
  return new Response(sink.body, { status: 200, headers })
}
