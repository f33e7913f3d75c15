import { EventResponse } from '../../../edge-gateway/streams/event-response.ts'
import { EventSocket } from '../../../edge-gateway/streams/event-socket.ts'
import { relayEvents } from '../../../edge-gateway/streams/start-event-relay.ts'
import { EventExchange } from '../../../edge-gateway/tunnel/exchange/event-exchange.ts'
import type { Exchange, ExchangeStream } from '../../../edge-gateway/tunnel/exchange/exchange.ts'
import type { MessageMemory } from '../../../edge-gateway/tunnel/exchange/message-memory.ts'
import { Subscribers } from '../../../edge-gateway/tunnel/subscribers/subscribers.ts'
import type { TunnelConnection } from '../../../edge-gateway/tunnel/connection/tunnel-connection.ts'
import type { RequestHead } from '../../../protocol/tunnel/heads.ts'
import { STRANGERS } from '../../../protocol/multiplexer/shares.ts'

/*
 * Event streams of the injection harness: the Worker's relay, the bridge and the object's subscribers are the real ones. What
 * the platform does for an object that may sleep, a table of its WebSockets and three callbacks, is done here.
 */

/** In the data of an event that the Worker fails to hand to its client. */
export const BREAKS_THE_SINK = 'breaks-the-sink'

for (const { prototype } of [EventResponse, EventSocket]) {
  const { write } = prototype
  prototype.write = function throwing(this: EventResponse & EventSocket, events: Uint8Array) {
    if (new TextDecoder().decode(events).includes(BREAKS_THE_SINK))
      throw new Error('injected: sink')
    write.call(this, events)
  }
}

/** The subscribers of one object. @param connection the one that their streams go over */
export function someSubscribers(connection: () => TunnelConnection): Subscribers {
  const sockets = new Map<WebSocket, string>()
  const ctx = {
    acceptWebSocket(socket: WebSocket, [tag]: [string]) {
      let attachment: unknown = null
      Object.assign(socket, {
        serializeAttachment: (value: unknown) => (attachment = structuredClone(value)),
        deserializeAttachment: () => attachment,
      })
      sockets.set(socket, tag)
      socket.accept()
      socket.binaryType = 'arraybuffer'
      const gone = () => {
        if (sockets.delete(socket)) subscribers.gone(socket)
        try {
          socket.close(1000)
        } catch {
          // Closed already.
        }
      }
      socket.addEventListener('message', ({ data }) =>
        subscribers.receive(socket, data as string | ArrayBuffer),
      )
      socket.addEventListener('close', gone)
      socket.addEventListener('error', gone)
    },
    getWebSockets: (wanted: string) =>
      [...sockets].filter(([, tag]) => tag === wanted).map(([socket]) => socket),
  }
  const subscribers: Subscribers = new Subscribers(ctx as unknown as DurableObjectState, (member) =>
    connection().streams.leave(member),
  )
  return subscribers
}

export interface EventsAsked {
  readonly connection: TunnelConnection
  readonly subscribers: Subscribers
  readonly memory: MessageMemory
  readonly head: RequestHead
  /** It is one whose events have ids, and that waits for home. */
  readonly feed: boolean
  readonly onStream: (stream: ExchangeStream) => ExchangeStream
  readonly onExchange: (exchange: Exchange) => void
  readonly signal: AbortSignal
}

/** One public event stream through the Worker's relay. Only its first request is injected into. */
export function openEvents(asked: EventsAsked): Promise<Response> {
  const { connection, subscribers, memory, head, feed, signal } = asked
  let isFirst = true
  const send = async (again: RequestHead): Promise<Response> => {
    const injected = isFirst
    isFirst = false
    let response!: Promise<Response>
    const make = (stream: ExchangeStream) => {
      const exchange = new EventExchange({
        stream: injected ? asked.onStream(stream) : stream,
        request: { requestId: again.request_id, isHead: false, repeat: () => undefined },
        tokenId: 't',
        holder: STRANGERS,
        signal: () => signal,
        memory,
        subscribers,
      })
      if (injected) asked.onExchange(exchange)
      response = exchange.response
      return exchange
    }
    const patience = { at: Date.now() + 60_000, afterMs: 60_000 }
    connection.streams.begin(JSON.stringify(again), undefined, true, patience, make, STRANGERS)
    return response
  }
  return relayEvents(head, feed, send, signal)
}

/** What a client of events was told, in order. */
export interface SeenEvents {
  readonly ids: number[]
  /** It left by itself. */
  left: boolean
}

/**
 * Reads to the end, or leaves after a time. Resolves when it is over for the client.
 * @param leaveMs undefined: it stays
 */
export async function followEvents(
  answer: Promise<Response>,
  leaveMs: number | undefined,
): Promise<SeenEvents> {
  const response = await answer
  const seen: SeenEvents = { ids: [], left: false }
  let text = ''
  const take = (more: string) => {
    text += more
    const found = [...text.matchAll(/(?:^id: |"id":")1:(\d+):x/gm)].map(([, id]) => Number(id))
    seen.ids.splice(0, Infinity, ...found)
  }
  const socket = response.webSocket
  const reader = response.body?.getReader()
  const leave = () => {
    seen.left = true
    if (socket === null) reader?.cancel().catch(() => {})
    else socket.close(1000)
  }
  const timer = leaveMs === undefined ? undefined : setTimeout(leave, leaveMs)
  if (socket === null) await readAll(reader, take)
  else {
    socket.accept()
    await new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => take(String(data)))
      socket.addEventListener('close', () => resolve())
      socket.addEventListener('error', () => resolve())
    })
  }
  if (timer !== undefined) clearTimeout(timer)
  return seen
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  take: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const part = await reader?.read()
      if (part === undefined || part.done) return
      take(decoder.decode(part.value, { stream: true }))
    }
  } catch {
    // Cut: what came before counts.
  }
}

/** What is wrong with what a client was told: each event once, in order, from the first one on. */
export function gapIn({ ids }: SeenEvents): string | undefined {
  const at = ids.findIndex((id, index) => id !== index + 1)
  return at === -1 ? undefined : `told ${ids[at]} after ${at === 0 ? 'nothing' : ids[at - 1]}`
}
