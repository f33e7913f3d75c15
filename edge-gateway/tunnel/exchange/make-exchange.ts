import type { RelayedKind } from '../../internal/relayed.ts'
import type { AskedRequest } from '../asked-request.ts'
import type { ClientQueues } from './client-queues.ts'
import { EventExchange } from './event-exchange.ts'
import type { Exchange, ExchangeStream } from './exchange.ts'
import { HttpExchange } from './http-exchange.ts'
import type { MessageMemory } from './message-memory.ts'
import type { Subscribers } from '../subscribers/subscribers.ts'
import { WebSocketExchange } from './websocket-exchange.ts'

/** What all exchanges of an object share. */
export interface ExchangeParts {
  readonly queues: ClientQueues
  readonly memory: MessageMemory
  readonly subscribers: Subscribers
}

/** An exchange, and the answer that it makes. */
export type AnsweringExchange = Exchange & { readonly response: Promise<Response> }

/** The exchange that suits a request: a WebSocket, an event stream, or a plain answer. */
export function makeExchange(
  stream: ExchangeStream,
  asked: AskedRequest,
  { queues, memory, subscribers }: ExchangeParts,
): AnsweringExchange {
  const { kind, tokenId } = asked.relayed
  const signal = () => asked.signal
  if (kind === 'websocket') {
    const share = queues.share(asked.holder)
    return new WebSocketExchange(stream, asked, signal, share, memory)
  }
  if (!isEvents(kind))
    return new HttpExchange(stream, asked, asked.wholeBody ?? asked.upload, signal, memory)
  const { holder } = asked
  return new EventExchange({ stream, request: asked, tokenId, holder, signal, memory, subscribers })
}

/** Whether the answer may be an event stream, and crosses the bridge then. */
export function isEvents(kind: RelayedKind): boolean {
  return kind === 'events' || kind === 'feed' || kind === 'resume'
}
