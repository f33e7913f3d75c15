import type { CorsHeaders } from '../../protocol/cors.ts'

/**
 * What the daemon itself knows about a request's connection. These facts alone decide what is trusted;
 * a header can only take trust away (`proxy`), never give it.
 */
export interface RequestFacts {
  /**
   * `socket` needs no bearer: the file's mode already let only its owner in. `proxy` came over loopback as well,
   * but by a reverse proxy, for somebody elsewhere.
   */
  readonly via: 'socket' | 'loopback' | 'proxy' | 'tunnel'
  readonly clientAddress?: string
  /** The public hostname, for a request through the tunnel. */
  readonly publicHost?: string
  /** The id that the gateway gave the request. */
  readonly requestId?: string
  /** What CORS adds to the answer. */
  readonly cors?: CorsHeaders
}
