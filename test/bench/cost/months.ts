import type { UnitFigures } from '../../../local-daemon/cli/cost/unit-figures.ts'
import { MONTH_SECONDS } from '../../../local-daemon/cli/cost/bill.ts'
import { sum, times, type Usage } from '../../../local-daemon/cli/cost/usage.ts'

/** Connections of the daemon in a month: it restarts, the platform restarts the object, networks change. */
const CONNECTIONS = 100

/** The months that docs/cost.md has, each of them with a daemon that is connected all the time. */
export function months(units: UnitFigures): readonly (readonly [string, Usage])[] {
  const idle = sum(times(units.idleHour, 720), times(units.connection, CONNECTIONS))
  // Each stream is opened again with each connection of the daemon.
  const follow = (streams: number, event: Usage, everySeconds: number) =>
    sum(
      idle,
      times(units.subscription, streams * CONNECTIONS),
      times(event, MONTH_SECONDS / everySeconds),
    )
  return [
    ['the daemon, idle', idle],
    ['a scrape every 5 minutes', sum(idle, times(units.scrape, MONTH_SECONDS / 300))],
    ['one dashboard, an event a minute', follow(1, units.event, 60)],
    ['one dashboard, an event every 10 s', follow(1, units.event, 10)],
    ['ten subscribers, an event a minute', follow(10, units.eventForTen, 60)],
    ['ten subscribers, an event every 10 s', follow(10, units.eventForTen, 10)],
    ['1 M requests, each alone', sum(idle, times(units.request, 1_000_000))],
    ['10 M requests, each alone', sum(idle, times(units.request, 10_000_000))],
    ['10 M requests, in bursts', sum(idle, times(units.requestInBurst, 10_000_000))],
  ]
}
