import type { CorsHeaders } from '../../protocol/http/cors.ts'
import type { Via } from './via.ts'

/**
 * What the daemon itself knows about a request's connection. Only these facts decide what is trusted;
 * a header can only take trust away (`proxy`), never give it.
 */
export interface RequestFacts {
  readonly via: Via
  readonly clientAddress?: string
  /** Whether the setting `trusted_proxies` names the peer; absent if the request was not forwarded. */
  readonly peerTrusted?: boolean
  /** The daemon's port that it came to, over TCP. */
  readonly localPort?: number
  /** The public hostname, for a request through the tunnel. */
  readonly publicHost?: string
  /** The id that the gateway gave the request, or the app. */
  readonly requestId?: string
  /** Through the tunnel, for a WebSocket: no route takes one, so an allowed request gets `UPGRADE_REQUIRED`. */
  readonly asksForWebSocket?: true
  /** The gateway's code for resuming a ticket's event stream. A client can never send it. */
  readonly resume?: string
  /** What CORS adds to the answer. */
  readonly cors?: CorsHeaders
}
