import { LIMITS } from './limits.ts'

/** One round trip's worth of evidence about one stream. */
export interface GrowthSample {
  readonly window: number
  /** Bytes that arrived on the stream between our ping and its answer. */
  readonly arrived: number
  /** Bytes that arrived and that the consumer has not taken. */
  readonly buffered: number
  readonly roundTripMs: number
  /** The shortest round trip seen on this connection: the link without our own queue in it. */
  readonly shortestMs: number
  /** What the connection may still promise. */
  readonly spare: number
}

/**
 * Round trips shorter than this are the machine's scheduling, not a link's length: below it a
 * window would be sized by noise and starve a fast loopback.
 */
const LEAST_ROUND_TRIP_MS = 2

/**
 * The window after a sample: twice bandwidth × delay, never smaller than before, only when the
 * window was the bottleneck (it was nearly used up in one round trip) and the consumer keeps up.
 * The delay is the shortest seen, so that bytes waiting in our own queue never justify more queue.
 */
export function grownWindow(sample: GrowthSample): number {
  const { window, arrived, buffered, spare } = sample
  const bottleneck = arrived >= (window * 2) / 3
  const keepsUp = buffered <= window / 2
  if (!bottleneck || !keepsUp) return window
  const bytesPerMs = arrived / Math.max(sample.roundTripMs, 0.1)
  const delay = Math.max(sample.shortestMs, LEAST_ROUND_TRIP_MS)
  const wanted = Math.min(2 * bytesPerMs * delay, window * 2, LIMITS.streamWindowMax)
  return Math.max(window, Math.min(Math.floor(wanted), window + Math.max(spare, 0)))
}

/** The window that a new stream gets: an eighth of what is free, so that a crowd still gets in. */
export function openingWindow(spare: number): number | undefined {
  const share = Math.floor(spare / 8)
  const window = Math.min(Math.max(share, LIMITS.streamWindowMin), LIMITS.streamWindow)
  return window <= spare ? window : undefined
}
