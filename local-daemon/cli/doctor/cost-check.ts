import figures from '../cost/unit-figures.json' with { type: 'json' }
import { billed, freePlan, MONTH_SECONDS, paidPlan } from '../cost/bill.ts'
import { sum, times, type Usage } from '../cost/usage.ts'
import type { LinkReport } from '../../edge/link-report.ts'
import type { Check } from './check.ts'
import { pass, skip, warning } from './outcomes.ts'

/** Shorter than this, seconds, and a month made from it says nothing. */
const LEAST_SECONDS = 600
/** Share of the free plan's daily limit that is worth a word. */
const NEAR = 0.7

/**
 * What the present use comes to in a month of Cloudflare, made from the link's own counts since the daemon started and the
 * prices of docs/cost.md. It is an upper bound: each message and each request is taken to wake the object alone.
 *
 * @param seconds for how long the link has been counted
 * @param onCloudflare whether the public hostname is served by Cloudflare; undefined if it could not be asked
 */
export function costCheck(
  link: LinkReport,
  seconds: number,
  onCloudflare: boolean | undefined,
): Check {
  const name = 'cost'
  if (onCloudflare === undefined)
    return skip(
      name,
      'the public hostname does not answer, so it is unknown where the gateway runs',
    )
  if (!onCloudflare)
    return pass(name, 'the gateway does not run on Cloudflare, so there is no Cloudflare bill')
  if (seconds < LEAST_SECONDS) {
    return skip(
      name,
      `the daemon has run for only ${Math.round(seconds)} s: try again after ten minutes`,
    )
  }
  const month = billed(monthOf(link, seconds))
  const { limit, share } = freePlan(month)
  const dollars = Math.round(paidPlan(month) * 100) / 100
  const percent = Math.round(share * 100)
  const details = {
    free_plan_share: Math.round(share * 1000) / 1000,
    free_plan_limit: limit,
    paid_plan_dollars: dollars,
  }
  const text = `at most ${percent} % of the free plan's ${limit} a day; $${dollars.toFixed(2)} a month on the paid plan`
  if (share < NEAR) return pass(name, text, details)
  return warning(
    name,
    text,
    share < 1
      ? 'on a busy day requests may fail until midnight UTC: spl tunnel log shows who sends so many'
      : 'take the paid plan, or find out who sends so many requests: spl tunnel log',
    details,
  )
}

function monthOf({ requests, messages_out, reconnects }: LinkReport, seconds: number): Usage {
  const connections = times(figures.connection, reconnects + 1)
  const counted: Usage = {
    workerRequests: requests,
    objectRequests: requests,
    messages: messages_out,
    // A request and the message that answers it share their second.
    activeSeconds: Math.min(seconds, Math.max(requests, messages_out)),
  }
  return times(sum(connections, counted), MONTH_SECONDS / seconds)
}
