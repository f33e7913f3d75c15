import { PRICES } from './prices.ts'
import type { Usage } from './usage.ts'

export const MONTH_SECONDS = 30 * 86_400

/** A month's usage in what is billed. */
export interface Billed {
  readonly workerRequests: number
  readonly objectRequests: number
  readonly gbSeconds: number
}

/** One object is active for no longer than the month lasts, whatever there is to do at once. */
export function billed({ workerRequests, objectRequests, messages, activeSeconds }: Usage): Billed {
  return {
    workerRequests,
    objectRequests: objectRequests + messages / PRICES.messagesPerRequest,
    gbSeconds: Math.min(activeSeconds, MONTH_SECONDS) * PRICES.objectGb,
  }
}

/** The limit of the free plan that is reached first, and how much of it an even month uses; above 1 it does not fit. */
export function freePlan(month: Billed): { readonly limit: string; readonly share: number } {
  const { workerRequestsPerDay, objectRequestsPerDay, gbSecondsPerDay } = PRICES.free
  const shares = [
    { limit: 'object requests', share: month.objectRequests / 30 / objectRequestsPerDay },
    { limit: 'Worker requests', share: month.workerRequests / 30 / workerRequestsPerDay },
    { limit: 'GB-s', share: month.gbSeconds / 30 / gbSecondsPerDay },
  ]
  return shares.reduce((most, one) => (one.share > most.share ? one : most))
}

/** Dollars of a month on the paid plan, what is over the included part rounded up to whole millions. */
export function paidPlan(month: Billed): number {
  const { perMonth, workerRequests, objectRequests, gbSeconds } = PRICES.paid
  return (
    perMonth +
    over(month.workerRequests, workerRequests) +
    over(month.objectRequests, objectRequests) +
    over(month.gbSeconds, gbSeconds)
  )
}

function over(
  used: number,
  { included, perMillion }: { readonly included: number; readonly perMillion: number },
): number {
  return Math.ceil(Math.max(0, used - included) / 1_000_000) * perMillion
}
