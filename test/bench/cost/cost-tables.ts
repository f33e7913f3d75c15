import { billed, freePlan, paidPlan } from '../../../local-daemon/cli/cost/bill.ts'
import { months } from './months.ts'
import { PRICES } from '../../../local-daemon/cli/cost/prices.ts'
import type { UnitFigures } from '../../../local-daemon/cli/cost/unit-figures.ts'
import type { Usage } from '../../../local-daemon/cli/cost/usage.ts'

export const BEGIN = '<!-- made by `npm run cost`: begin -->'
export const END = '<!-- made by `npm run cost`: end -->'

/** The part of docs/cost.md that is computed: the unit figures as measured, and what months come to. */
export function costTables(units: UnitFigures): string {
  return [
    `Measured on ${units.date}, workerd ${units.workerd}; prices of ${PRICES.date}.`,
    '',
    '| unit | Worker requests | object requests | messages in | active seconds |',
    '|---|---|---|---|---|',
    row('an hour of an idle daemon', units.idleHour),
    row('a connection of the daemon', units.connection),
    row('an event stream opened', units.subscription),
    row('an event, one subscriber', units.event),
    row('an event, ten subscribers', units.eventForTen),
    row('a request, alone', units.request),
    row('a request, in a burst', units.requestInBurst),
    row('a scrape of the metrics', units.scrape),
    '',
    `Wakes: ${figure(units.wakesPerEvent)} for an event and ${figure(units.wakesPerRequest)} for a request that finds the object asleep.`,
    '',
    '| month | Worker requests | object requests | GB-s | free plan | paid plan |',
    '|---|---|---|---|---|---|',
    ...months(units).map(([name, usage]) => monthRow(name, usage)),
    '',
    cpuNote(units),
    '',
    `With one object, the first limit of the free plan that you reach is **${firstLimit(units)}**.`,
  ].join('\n')
}

function row(name: string, usage: Usage): string {
  const { workerRequests, objectRequests, messages, activeSeconds } = usage
  const cells = [workerRequests, objectRequests, messages, activeSeconds].map(figure)
  return `| ${name} | ${cells.join(' | ')} |`
}

function monthRow(name: string, usage: Usage): string {
  const month = billed(usage)
  const { limit, share } = freePlan(month)
  const percent = share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`
  const free = share > 1 ? `**no**: ${percent} of ${limit}` : `$0: ${percent} of ${limit}`
  const amounts = [month.workerRequests, month.objectRequests, month.gbSeconds].map(amount)
  return `| ${name} | ${amounts.join(' | ')} | ${free} | $${paidPlan(month).toFixed(2)} |`
}

function firstLimit({ request }: UnitFigures): string {
  const { objectRequests } = billed(request)
  const { limit } = freePlan(billed(request))
  const each = limit === 'object requests' ? objectRequests : 1
  const perDay = Math.floor(PRICES.free.objectRequestsPerDay / each / 100) * 100
  return `${limit}: at ${amount(perDay)} requests a day`
}

/** The Worker's part is not known, so this counts all of it as the Worker's. */
function cpuNote({ processCpuMs }: UnitFigures): string {
  const { included } = PRICES.paid.cpuMs
  const each = `CPU of a request in a burst: ${figure(processCpuMs)} ms for the whole workerd process.`
  const most = amount(processCpuMs * 10_000_000)
  return `${each} If all of it were the Worker's,\n10 M requests would use ${most} of the ${amount(included)} ms that the paid plan includes.`
}

function figure(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}

function amount(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ')
}
