/**
 * What the daemon itself knows about a request's connection. These facts alone decide what is trusted;
 * no header ever does.
 */
export interface RequestFacts {
  /** The Unix socket needs no bearer: the file's mode already let only its owner in. */
  readonly via: 'socket' | 'loopback' | 'tunnel'
  readonly clientAddress?: string
  /** The public hostname, for a request through the tunnel. */
  readonly publicHost?: string
  /** The id that the gateway gave the request. */
  readonly requestId?: string
}
