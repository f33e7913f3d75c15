import type { FaultPlace } from '../process/fault-book.ts'

/** What the tunnel tells its owner, for the log and the metrics. */
export type TunnelEvent =
  | { readonly kind: 'connected'; readonly generation: number }
  | { readonly kind: 'disconnected'; readonly reason: string; readonly retryMs: number }
  /** The gateway wants another connection: it is dialed while this one finishes. */
  | {
      readonly kind: 'overlap'
      readonly generation: number
      readonly reason: string
      readonly retryMs: number
    }
  /** The gateway keeps this version, durably, and decides by it. */
  | { readonly kind: 'policy-acked'; readonly version: number }
  /** Another process with this identity has asked for the place that this one has. */
  | { readonly kind: 'rival' }
  | { readonly kind: 'network-changed' }
  /** The wall clock jumped, by a sleep of the machine or because it was set; negative: back. */
  | { readonly kind: 'woke'; readonly jumpMs: number }
  /** Something has failed, and was settled where it happened. */
  | {
      readonly kind: 'error'
      readonly place: FaultPlace
      readonly error: unknown
      readonly requestId?: string
    }
