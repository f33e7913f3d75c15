import type { LookupFunction } from 'node:net'
import type { DidKey } from '../../protocol/identity/did-key.ts'
import type { LinkMeter } from './link-meter.ts'
import type { TunnelApp } from './tunnel-app.ts'
import type { TunnelEvent } from './tunnel-event.ts'

export interface TunnelOptions {
  /** Public origin of the gateway, `https://home.example.com`. */
  readonly gatewayUrl: string
  /** PEM of an extra certificate authority, for a gateway with a certificate of its own: asked for at each try. */
  readonly ca?: () => string
  readonly identity: { readonly did: DidKey; sign(bytes: Uint8Array): Uint8Array }
  readonly app: TunnelApp
  readonly agent: string
  /** Counts what passes, over all connections. */
  readonly meter?: LinkMeter
  /** The edge policy of now (`encodeEdgePolicy`), asked for on each connect; undefined: there is none to send. */
  readonly policy?: () => Uint8Array | undefined
  readonly onEvent?: (event: TunnelEvent) => void
  /** Finds the gateway's address, anew on each try; `dns.lookup` unless told. */
  readonly lookup?: LookupFunction
  /** The machine's addresses as one text; a change of it is a change of network. */
  readonly addresses?: () => string | undefined
  /** Wall clock, milliseconds since 1970. */
  readonly now?: () => number
  /** From 0 inclusive to 1 exclusive. */
  readonly random?: () => number
}
