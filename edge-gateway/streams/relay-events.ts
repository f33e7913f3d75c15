import { GATEWAY_HEADERS } from '../../protocol/gateway-headers.ts'
import type { RequestHead } from '../../protocol/heads.ts'
import type { ClientSinkEvents } from './client-sink.ts'
import { EventRelay } from './event-relay.ts'
import { EventResponse } from './event-response.ts'
import { EventSocket } from './event-socket.ts'
import { Resumption } from './resumption.ts'

/** Sends a request's head to the object, over the bridge. @param again it has been let in before */
export type SendHead = (head: RequestHead, again: boolean) => Promise<Response>

/** What a WebSocket's handshake says of the WebSocket: home sees a request for an event stream. */
const HANDSHAKE = /^sec-websocket-/
/** The object's answer is a handshake too, and may say how to go on; the client's has the fields of its own. */
const BETWEEN_US: ReadonlySet<string> = new Set([
  'upgrade',
  'connection',
  'sec-websocket-accept',
  GATEWAY_HEADERS.resume,
])

/** Relays an event stream, as server-sent events or as a WebSocket; any other answer as it is. */
export async function relayEvents(
  asked: RequestHead,
  send: SendHead,
  signal: AbortSignal,
): Promise<Response> {
  const { upgrade, ...plain } = asked
  const head: RequestHead = {
    ...plain,
    headers: asked.headers.filter(([name]) => !HANDSHAKE.test(name)),
    join: true,
  }
  const answer = await send(head, false)
  const bridge = answer.webSocket
  if (bridge === null) return answer
  const resumption = new Resumption(head)
  resumption.learn(answer.headers)
  const askAgain = async (id: string | undefined) => {
    const again = await send(resumption.head(id), true)
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
  relay.attach(bridge)
  if (signal.aborted) relay.stop()
  else signal.addEventListener('abort', () => relay.stop(), { once: true })
  return response(sink, answer.headers)
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
