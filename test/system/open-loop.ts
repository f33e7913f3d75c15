/** Something that is begun at a steady rate, whatever became of what was begun before. */
export interface OpenLoop {
  /** Begun so far. */
  readonly count: number
  /** Since it began, seconds; until it was stopped. */
  readonly seconds: number
  /** By how much what was begun latest was late, milliseconds. */
  readonly latestMs: number
  stop(): void
}

const LOOK_MS = 4

/**
 * Begins each piece of work when it is due by the clock. What a busy machine has kept from beginning is made up for at once, so
 * the rate holds, where an interval would leave out what it missed.
 */
export function openLoop(perSecond: number, begin: (index: number) => void): OpenLoop {
  const startedAt = performance.now()
  let endedAt: number | undefined
  let count = 0
  let latestMs = 0
  const timer = setInterval(() => {
    const sinceMs = performance.now() - startedAt
    for (; (count * 1000) / perSecond <= sinceMs; count += 1) {
      latestMs = Math.max(latestMs, sinceMs - (count * 1000) / perSecond)
      begin(count)
    }
  }, LOOK_MS)
  return {
    get count() {
      return count
    },
    get seconds() {
      return ((endedAt ?? performance.now()) - startedAt) / 1000
    },
    get latestMs() {
      return latestMs
    },
    stop() {
      clearInterval(timer)
      endedAt ??= performance.now()
    },
  }
}
