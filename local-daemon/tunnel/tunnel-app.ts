import type { RequestFacts } from '../access/request-facts.ts'

/** What answers the tunnel's requests: the daemon's own HTTP app, called in-process. */
export interface TunnelApp {
  fetch(request: Request, facts: RequestFacts): Response | Promise<Response>
  /** Takes note of a request that was refused before the app was asked. */
  refused?(
    asked: { readonly method: string; readonly target: string },
    facts: RequestFacts,
    answer: Response,
  ): void
  /** A request for a WebSocket. Absent: `fetch` gets such requests, and refuses them. */
  upgrade?(request: Request, facts: RequestFacts): Promise<AcceptedWebSocket | Response>
}

/** The app's yes to a WebSocket. */
export interface AcceptedWebSocket {
  /** The subprotocol chosen from those that the client offered. */
  readonly protocol?: string
  /** Called once; the peer may be used from then on. */
  start(peer: WebSocketPeer): WebSocketListener
}

/** The public client, as the app sees it. */
export interface WebSocketPeer {
  /**
   * False: wait for `drained` before sending more.
   * @throws RangeError for a message over `LIMITS.webSocketMessageBytes`; the WebSocket stays open
   */
  send(message: string | Uint8Array): boolean
  close(code: number, reason: string): void
}

export interface WebSocketListener {
  message(message: string | Uint8Array): void
  /** 1006: the connection was cut. */
  closed(code: number, reason: string): void
  drained?(): void
}
