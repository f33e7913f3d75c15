import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { billed, freePlan, MONTH_SECONDS, paidPlan } from '../../../local-daemon/cli/cost/bill.ts'
import { BEGIN, costTables, END } from './cost-tables.ts'
import { PRICES } from '../../../local-daemon/cli/cost/prices.ts'
import type { UnitFigures } from '../../../local-daemon/cli/cost/unit-figures.ts'
import { sum, times } from '../../../local-daemon/cli/cost/usage.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const PAGE = read('docs/cost.md')
const UNITS = JSON.parse(read('local-daemon/cli/cost/unit-figures.json')) as UnitFigures

const usage = { workerRequests: 3, objectRequests: 2, messages: 40, activeSeconds: 10 }

test('docs/cost.md has the tables that come of the recorded figures', () => {
  const written = PAGE.split(BEGIN)[1]?.split(END)[0]?.trim()
  expect(written).toBe(costTables(UNITS))
})

test('docs/cost.md names the prices that it is computed with', () => {
  const { free, paid } = PRICES
  const spaced = (value: number) => value.toLocaleString('en-US').replaceAll(',', ' ')
  for (const text of [
    `${spaced(free.workerRequestsPerDay)} Worker requests`,
    `${spaced(free.objectRequestsPerDay)} object requests`,
    `${spaced(free.gbSecondsPerDay)} GB-s a day`,
    `paid plan: $${paid.perMonth}`,
    `${paid.workerRequests.included / 1e6} M Worker requests ($${paid.workerRequests.perMillion.toFixed(2)}`,
    `${paid.objectRequests.included / 1e6} M object requests ($${paid.objectRequests.perMillion.toFixed(2)}`,
    `${spaced(paid.gbSeconds.included)} GB-s ($${paid.gbSeconds.perMillion.toFixed(2)}`,
    `messages in ÷ ${PRICES.messagesPerRequest}`,
    `× ${PRICES.objectGb}`,
  ]) {
    expect(PAGE.replaceAll(/\s+/g, ' ')).toContain(text)
  }
})

test('the recorded figures are those of an object that sleeps', () => {
  // An idle daemon that cost anything would cost it all month.
  expect(UNITS.idleHour).toEqual(times(usage, 0))
  expect([UNITS.wakesPerEvent, UNITS.wakesPerRequest]).toEqual([1, 1])
  expect(UNITS.eventForTen.messages).toBe(UNITS.event.messages)
})

describe('a bill', () => {
  test('counts messages twenty to one, and no more seconds than a month has', () => {
    expect(billed(usage)).toEqual({ workerRequests: 3, objectRequests: 4, gbSeconds: 1.28 })
    expect(billed(times(usage, 1_000_000)).gbSeconds).toBe(MONTH_SECONDS * 0.128)
    // Cloudflare's own figure for an object that never sleeps.
    expect(MONTH_SECONDS * 0.128).toBeCloseTo(331_776)
  })

  test('adds up', () => {
    expect(sum(usage, usage)).toEqual(times(usage, 2))
    expect(sum()).toEqual(times(usage, 0))
  })

  test.for([
    [{ workerRequests: 0, objectRequests: 0, gbSeconds: 0 }, 5],
    [{ workerRequests: 10_000_000, objectRequests: 1_000_000, gbSeconds: 400_000 }, 5],
    [{ workerRequests: 10_000_001, objectRequests: 0, gbSeconds: 0 }, 5.3],
    [{ workerRequests: 0, objectRequests: 11_500_000, gbSeconds: 0 }, 6.65],
    [{ workerRequests: 0, objectRequests: 0, gbSeconds: 400_001 }, 17.5],
  ] as const)('of %j on the paid plan: $%d', ([month, dollars]) => {
    expect(paidPlan(month)).toBeCloseTo(dollars)
  })

  test('names the limit of the free plan that is nearest', () => {
    const none = { workerRequests: 0, objectRequests: 0, gbSeconds: 0 }
    const day = (used: object) => freePlan({ ...none, ...used })
    expect(day({ workerRequests: 3_000_000 })).toEqual({ limit: 'Worker requests', share: 1 })
    expect(day({ objectRequests: 6_000_000 })).toEqual({ limit: 'object requests', share: 2 })
    expect(day({ gbSeconds: 195_000 })).toEqual({ limit: 'GB-s', share: 0.5 })
  })
})
