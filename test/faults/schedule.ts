import type { Random } from '../support/random.ts'

/** Everything that is done to a run. Times are milliseconds. */
export type Fault =
  /** Every connection of the daemon to the gateway ends, by RST or by FIN. */
  | { readonly kind: 'tunnel-reset' | 'tunnel-fin' }
  /** The daemon's connection is reset, and the gateway does not hear of it. */
  | { readonly kind: 'tunnel-orphan' }
  /** Nothing passes, either way or one way, and nobody is told; then all goes on, or is reset. */
  | { readonly kind: 'tunnel-stall'; readonly ms: number; readonly ending: 'go-on' | 'reset' }
  | { readonly kind: 'tunnel-stall-up' | 'tunnel-stall-down'; readonly ms: number }
  | { readonly kind: 'tunnel-delay'; readonly ms: number; readonly delayMs: number }
  | {
      readonly kind: 'tunnel-throttle'
      readonly ms: number
      readonly bytesPerSecond: number
      readonly ending: 'go-on' | 'reset'
    }
  | { readonly kind: 'tunnel-split'; readonly ms: number; readonly bytes: number }
  /** The connection ends and no other is let through. */
  | { readonly kind: 'tunnel-refuse'; readonly ms: number }
  /** Whatever connects is reset a moment later, again and again. */
  | { readonly kind: 'tunnel-flap'; readonly ms: number }
  /** The tunnel's handshake is sent once more by somebody who heard it. */
  | { readonly kind: 'handshake-replay' }
  | { readonly kind: 'client-reset' | 'client-fin' }
  | { readonly kind: 'client-stall'; readonly ms: number }
  | { readonly kind: 'client-split'; readonly ms: number; readonly bytes: number }
  | { readonly kind: 'client-throttle'; readonly ms: number; readonly bytesPerSecond: number }
  | { readonly kind: 'daemon-kill' | 'daemon-restart' }
  | { readonly kind: 'daemon-pause'; readonly ms: number }
  | { readonly kind: 'gateway-kill' }
  | { readonly kind: 'gateway-pause'; readonly ms: number }
  /** workerd is killed under its front, which starts it again. */
  | { readonly kind: 'gateway-crash' }
  /** Followers by WebSocket leave with a close code that nobody may send. */
  | { readonly kind: 'client-close-code'; readonly code: number }
  /** The bearer of a slow reader ends in the middle of a long answer. */
  | { readonly kind: 'client-revoked'; readonly ends: 'revoke' | 'rotate' }
  /** A bearer without scopes begins uploads and finishes none. */
  | { readonly kind: 'client-uploads'; readonly count: number }
  /** Chunked uploads whose framing is broken, with a request behind. */
  | { readonly kind: 'client-chunks' }
  /** Connections that say nothing; TLS handshakes that are begun and left. */
  | { readonly kind: 'client-idle-flood' | 'client-tls-flood'; readonly count: number }
  /** Another process has the store locked. */
  | { readonly kind: 'store-lock'; readonly ms: number }
  /** The store's disk is full, and has room again; needs a disk of its own. */
  | { readonly kind: 'store-full'; readonly ms: number }

export type FaultKind = Fault['kind']

/** A fault and its earliest moment, milliseconds after the load is steady. */
export type Planned = Fault & { readonly atMs: number }

/** The time over which a run's faults are spread, milliseconds. */
const SPREAD_MS = 3_500

/** Reserved, or of no range at all (RFC 6455, section 7.4). */
const NO_CLOSE_CODES = [0, 999, 1004, 1005, 1006, 1015, 5000, 65_535] as const

const MAKERS: readonly ((random: Random) => Fault)[] = [
  () => ({ kind: 'tunnel-reset' }),
  () => ({ kind: 'tunnel-fin' }),
  () => ({ kind: 'tunnel-orphan' }),
  (random) => ({
    kind: 'tunnel-stall',
    ms: random.whole(100, 900),
    ending: random.pick(['go-on', 'reset']),
  }),
  (random) => ({ kind: 'tunnel-stall-up', ms: random.whole(100, 900) }),
  (random) => ({ kind: 'tunnel-stall-down', ms: random.whole(100, 900) }),
  (random) => ({
    kind: 'tunnel-delay',
    ms: random.whole(300, 900),
    delayMs: random.whole(20, 200),
  }),
  (random) => ({
    kind: 'tunnel-throttle',
    ms: random.whole(300, 900),
    bytesPerSecond: random.whole(50_000, 2_000_000),
    ending: random.pick(['go-on', 'reset']),
  }),
  (random) => ({ kind: 'tunnel-split', ms: random.whole(200, 600), bytes: random.whole(1, 1_500) }),
  (random) => ({ kind: 'tunnel-refuse', ms: random.whole(50, 400) }),
  (random) => ({ kind: 'tunnel-flap', ms: random.whole(100, 400) }),
  () => ({ kind: 'handshake-replay' }),
  () => ({ kind: 'client-reset' }),
  () => ({ kind: 'client-fin' }),
  (random) => ({ kind: 'client-stall', ms: random.whole(100, 900) }),
  (random) => ({ kind: 'client-split', ms: random.whole(200, 600), bytes: random.whole(1, 1_500) }),
  (random) => ({
    kind: 'client-throttle',
    ms: random.whole(300, 900),
    bytesPerSecond: random.whole(100_000, 2_000_000),
  }),
  () => ({ kind: 'daemon-kill' }),
  () => ({ kind: 'daemon-restart' }),
  (random) => ({ kind: 'daemon-pause', ms: random.whole(100, 1_000) }),
  () => ({ kind: 'gateway-kill' }),
  (random) => ({ kind: 'gateway-pause', ms: random.whole(100, 1_000) }),
  () => ({ kind: 'gateway-crash' }),
  (random) => ({ kind: 'client-close-code', code: random.pick(NO_CLOSE_CODES) }),
  (random) => ({ kind: 'client-revoked', ends: random.pick(['revoke', 'rotate']) }),
  (random) => ({ kind: 'client-uploads', count: random.whole(20, 60) }),
  () => ({ kind: 'client-chunks' }),
  (random) => ({ kind: 'client-idle-flood', count: random.whole(300, 400) }),
  (random) => ({ kind: 'client-tls-flood', count: random.whole(100, 250) }),
  (random) => ({ kind: 'store-lock', ms: random.whole(200, 2_000) }),
  (random) => ({ kind: 'store-full', ms: random.whole(100, 500) }),
]

/** Four to eight faults of different kinds, in order of time. The same source gives the same ones. */
export function makeSchedule(random: Random): readonly Planned[] {
  const chosen = random.shuffled(MAKERS).slice(0, random.whole(4, 8))
  const planned = chosen.map((make) => ({ ...make(random), atMs: random.whole(0, SPREAD_MS) }))
  return planned.toSorted((left, right) => left.atMs - right.atMs)
}
