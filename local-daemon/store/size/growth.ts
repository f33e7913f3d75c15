const DAY_MS = 24 * 3600 * 1000

/** How a store has grown lately, from the times at which its records arrived. */
export interface Growth {
  readonly records_last_day: number
  readonly records_last_week: number
  /** Bytes that the last week's records would add in a day, at the average size of all; null for an empty store. */
  readonly bytes_per_day: number | null
}

/**
 * @param head the newest sequence number
 * @param receivedAt when a record arrived, milliseconds since 1970
 * @param used bytes that the store uses
 */
export function growthOf(
  head: number,
  receivedAt: (seq: number) => number | undefined,
  used: number,
  now: number,
): Growth {
  const since = (time: number) => head - lastBefore(head, receivedAt, time)
  const day = since(now - DAY_MS)
  const week = since(now - 7 * DAY_MS)
  const first = head === 0 ? now : (receivedAt(1) ?? now)
  // A store younger than a week has had fewer days to grow in.
  const days = Math.min(7, Math.max(1, (now - first) / DAY_MS))
  const perDay = head === 0 ? null : Math.round((week / days) * (used / head))
  return { records_last_day: day, records_last_week: week, bytes_per_day: perDay }
}

/** The newest record that arrived before a time: records arrive in the order of their numbers, so a few reads find it. */
function lastBefore(
  head: number,
  receivedAt: (seq: number) => number | undefined,
  time: number,
): number {
  let least = 0
  let most = head
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if ((receivedAt(middle) ?? 0) < time) least = middle
    else most = middle - 1
  }
  return least
}
