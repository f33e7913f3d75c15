import type { CorsHeaders } from '../../protocol/http/cors.ts'
import type { Via } from './via.ts'

/**
 * What the daemon itself knows about a request's connection. These facts alone decide what is trusted;
 * a header can only take trust away (`proxy`), never give it.
 */
export interface RequestFacts {
  readonly via: Via
  readonly clientAddress?: string
  /** Whether the setting `trusted_proxies` names the peer; absent where nobody forwards. */
  readonly peerTrusted?: boolean
  /** The port of the daemon that it came to, over TCP. */
  readonly localPort?: number
  /** The public hostname, for a request through the tunnel. */
  readonly publicHost?: string
  /** The id that the gateway gave the request, or the app. */
  readonly requestId?: string
  /** Through the tunnel, where no route is a WebSocket: what would be let in is refused with `UPGRADE_REQUIRED`. */
  readonly asksForWebSocket?: true
  /** What the gateway shows to go on with a ticket's event stream; never what a client sent. */
  readonly resume?: string
  /** What CORS adds to the answer. */
  readonly cors?: CorsHeaders
}
