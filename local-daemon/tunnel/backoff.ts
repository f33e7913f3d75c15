/** First retry after a connection that worked: a deploy or an eviction is over at once. */
const FIRST_MS = 250
const BASE_MS = 1_000
const CAP_MS = 30_000
/** A gateway that was there a moment ago most likely starts again: who comes late lets requests wait. */
const EAGER_MS = 30_000
const EAGER_CAP_MS = 1_500
/** A refusal by the gateway (wrong key, wrong version) does not heal by itself: ask seldom. */
const REFUSED_MS = 300_000
/** Another daemon with this identity took over: do not fight for the connection. */
const REPLACED_MS = 60_000
/** The first time it asks soon, and is refused: so both know that two run. */
const REPLACED_FIRST_MS = 2_000

export type LossKind = 'lost' | 'refused' | 'replaced'

/**
 * How long to wait before the next try, milliseconds. With jitter (0 to 100 % for the first retry, 10 to 100 % later), so that
 * a crowd of daemons does not return in step.
 * @param failures tries since a connection last held, this one included; 1 is the first
 * @param random from 0 inclusive to 1 exclusive
 * @param awayMs since a connection held, or since the start
 */
export function backoffMs(
  kind: LossKind,
  failures: number,
  random: number,
  awayMs: number,
): number {
  if (kind === 'refused') return REFUSED_MS * (0.8 + 0.4 * random)
  if (kind === 'replaced') {
    return (failures <= 1 ? REPLACED_FIRST_MS : REPLACED_MS) * (0.5 + random)
  }
  if (failures <= 1) return FIRST_MS * random
  const cap = awayMs < EAGER_MS ? EAGER_CAP_MS : CAP_MS
  return Math.min(cap, BASE_MS * 2 ** Math.min(failures - 2, 10)) * (0.1 + 0.9 * random)
}
