/** What the schedule of backups knows; times are Unix times in milliseconds. */
export interface ScheduleState {
  /** Seconds between two backups; 0 for none. */
  readonly every: number
  /** When the last backup of the schedule was made; undefined for never. */
  readonly lastAt: number | undefined
  /** Since when backups fail, how often they have in a row, and when the last one did. */
  readonly failed: { readonly count: number; readonly at: number } | undefined
}

/**
 * When the next backup is due; undefined for never. One that was missed, because the machine slept or no daemon ran, is due at
 * once, and once. After a failure it is tried again after a minute, then after two, four and so on, up to the time between two.
 *
 * @param retryMs the first pause after a failure
 */
export function nextRun(
  { every, lastAt, failed }: ScheduleState,
  now: number,
  retryMs: number,
): number | undefined {
  if (every === 0) return undefined
  const period = every * 1000
  // A clock that was set back must not put the next backup off.
  const due = lastAt === undefined || lastAt > now ? now : lastAt + period
  if (failed === undefined || failed.at > now) return due
  const pause = Math.min(period, retryMs * 2 ** Math.min(failed.count - 1, 20))
  return Math.max(due, failed.at + pause)
}
