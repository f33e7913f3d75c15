import type {
  Exchange,
  ExchangeStream,
  RelayedRequest,
} from '../../../edge-gateway/tunnel/exchange/exchange.ts'
import { HttpExchange } from '../../../edge-gateway/tunnel/exchange/http-exchange.ts'
import { MessageMemory } from '../../../edge-gateway/tunnel/exchange/message-memory.ts'
import type { TunnelConnection } from '../../../edge-gateway/tunnel/connection/tunnel-connection.ts'
import { Upload } from '../../../edge-gateway/tunnel/exchange/upload.ts'
import { WebSocketExchange } from '../../../edge-gateway/tunnel/exchange/websocket-exchange.ts'
import { STRANGERS } from '../../../protocol/multiplexer/shares.ts'
import { type Chance, oneOf, pause } from './inject-edge-chance-worker.ts'

export const memory = new MessageMemory()

let asked = 0

function requestOf(): RelayedRequest {
  asked += 1
  return { requestId: `r${asked}`, isHead: false, repeat: () => undefined }
}

export function headOf(target: string, more: object = {}): string {
  return JSON.stringify({
    method: 'GET',
    target,
    headers: [],
    host: 'h.example',
    scheme: 'https',
    request_id: `r${asked}`,
    ...more,
  })
}

export function openHttp(
  connection: TunnelConnection,
  target: string,
  body: ReadableStream<Uint8Array> | null,
  onStream: (stream: ExchangeStream) => ExchangeStream,
  onExchange: (exchange: Exchange) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<Response> {
  let response!: Promise<Response>
  const upload = body === null ? undefined : new Upload(body)
  const make = (stream: ExchangeStream) => {
    const exchange = new HttpExchange(onStream(stream), requestOf(), upload, () => signal, memory)
    onExchange(exchange)
    response = exchange.response
    return exchange
  }
  const head = headOf(target, body === null ? {} : { method: 'POST' })
  connection.streams.begin(
    head,
    undefined,
    body === null,
    { at: Date.now() + 60_000, afterMs: 60_000 },
    make,
    STRANGERS,
  )
  return response
}

export function openSocket(
  connection: TunnelConnection,
  target: string,
  onStream: (stream: ExchangeStream) => ExchangeStream,
  onExchange: (exchange: Exchange) => void,
  signal: AbortSignal,
): Promise<Response> {
  let response!: Promise<Response>
  const make = (stream: ExchangeStream) => {
    const share = { exceeds: () => false }
    const exchange = new WebSocketExchange(
      onStream(stream),
      requestOf(),
      () => signal,
      share,
      memory,
    )
    onExchange(exchange)
    response = exchange.response
    return exchange
  }
  const head = headOf(target, { upgrade: 'websocket' })
  connection.streams.begin(
    head,
    undefined,
    false,
    { at: Date.now() + 60_000, afterMs: 60_000 },
    make,
    STRANGERS,
  )
  return response
}

/** Reads, leaves, or talks; resolves when it is over for the client. */
export async function playClient(random: Chance, answer: Promise<Response>): Promise<void> {
  const response = await answer
  const socket = response.webSocket
  if (socket === null) {
    if (random() < 0.4) await response.body?.cancel().catch(() => {})
    else await response.arrayBuffer().catch(() => {})
    return
  }
  socket.accept()
  const over = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve())
    socket.addEventListener('error', () => resolve())
  })
  if (random() < 0.7) socket.send('hello')
  await pause(random() * 10)
  try {
    if (random() < 0.5)
      socket.close(oneOf(random, [1000, 4000]), 'x'.repeat(Math.floor(random() * 123)))
    else socket.close()
  } catch {
    // Closed already.
  }
  await Promise.race([over, pause(200)])
}

export function uploadOf(random: Chance): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const send = async () => {
    for (let count = random() * 10; count > 0; count -= 1)
      await writer.write(new Uint8Array(10_000))
    if (random() < 0.5) await writer.close()
    else await writer.abort(new Error('the client broke off'))
  }
  send().catch(() => {})
  return readable
}
