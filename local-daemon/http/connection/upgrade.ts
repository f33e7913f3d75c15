import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebReadableStream } from 'node:stream/web'
import { type WebSocket, WebSocketServer } from 'ws'
import { detach } from '../../../protocol/detach.ts'
import { refusalMessage, subscriberClose } from '../../../protocol/events/subscriber-close.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { linger } from '../../network/linger.ts'
import type { DaemonApp } from '../app.ts'
import { EventStreamAnswer } from '../streams/event-stream-answer.ts'
import type { RequestFacts } from '../../access/request-facts.ts'
import { serveSubscriber } from '../streams/subscriber-socket.ts'

/** Largest message that a subscriber may send: it has no reason to send any. */
const MESSAGE_BYTES = 1024
/** How long it may take to answer a close, milliseconds. */
const CLOSE_MS = 5_000
// A constant of its own: the types do not know `closeTimeout` yet.
const OPTIONS = {
  noServer: true,
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES,
  // There is none to choose, as through the gateway.
  handleProtocols: () => false as const,
  closeTimeout: CLOSE_MS,
}

/**
 * Answers a request for a WebSocket. The app answers it like any other, with all its checks; only an event stream
 * becomes a WebSocket, and every other answer is sent as it is.
 * @param check the refusal of a request that must not reach the app
 */
export function createUpgrade(
  app: Pick<DaemonApp, 'fetch' | 'tellsInWebSocket'>,
  check: (incoming: IncomingMessage, facts: RequestFacts) => Response | undefined,
): (incoming: IncomingMessage, facts: RequestFacts, socket: Duplex, head: Buffer) => void {
  const server = new WebSocketServer(OPTIONS)

  async function answer(
    incoming: IncomingMessage,
    facts: RequestFacts,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const refusal = check(incoming, facts)
    if (refusal !== undefined) return give(incoming, refusal, socket)
    const gone = new AbortController()
    socket.once('close', () => gone.abort())
    const request = requestOf(incoming, gone.signal)
    const response = await app.fetch(request, facts)
    if (response instanceof EventStreamAnswer) {
      server.handleUpgrade(incoming, socket, head, (accepted) => {
        detach(serveSubscriber(accepted, response.subscription), () => accepted.terminate())
      })
      return
    }
    const refused = response.status >= 400 && (await app.tellsInWebSocket(request, facts))
    if (!refused) return give(incoming, response, socket)
    // A page sees nothing of a refused handshake, not even its status. So accept it, and tell it by the close code.
    const problem = await response.text()
    server.handleUpgrade(incoming, socket, head, (accepted) => tellPage(accepted, problem))
  }

  return (incoming, facts, socket, head) => {
    socket.on('error', () => socket.destroy())
    detach(answer(incoming, facts, socket, head), () => socket.destroy())
  }
}

function tellPage(accepted: WebSocket, problem: string): void {
  accepted.on('error', () => accepted.terminate())
  accepted.send(refusalMessage(problem))
  const { code, reason } = subscriberClose(problem)
  accepted.close(code, reason)
}

function requestOf(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  signal: AbortSignal,
): Request {
  const fields = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? []].flat()) fields.append(name, one)
  }
  return new Request(`http://${headers.host ?? 'localhost'}${url}`, {
    method,
    headers: fields,
    signal,
  })
}

/** An answer over a connection that cannot be used further. A long one is streamed, and a cut one is cut here too. */
async function give(
  incoming: IncomingMessage,
  { status, headers, body }: Response,
  socket: Duplex,
): Promise<void> {
  const outgoing = new ServerResponse(incoming)
  outgoing.shouldKeepAlive = false
  outgoing.assignSocket(socket as Socket)
  outgoing.writeHead(status, Object.fromEntries(headers))
  outgoing.once('finish', () => linger(socket as Socket, HTTP_LIMITS))
  if (body === null) outgoing.end()
  else await pipeline(Readable.fromWeb(body as WebReadableStream), outgoing)
}
