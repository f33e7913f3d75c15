import { type BackupsOfDaemon, backupMetrics } from '../backup/backup-metrics.ts'
import type { FaultBook } from '../process/fault-book.ts'
import { processMetrics } from '../process/process-metrics.ts'
import { RequestMetrics } from '../requests/request-metrics.ts'
import { StoreMetrics } from '../store/store-metrics.ts'
import { tunnelMetrics } from '../edge/link-metrics.ts'
import { exposition } from '../../protocol/http/exposition.ts'
import { RequestLog } from '../requests/request-log.ts'
import { RequestWatch } from '../requests/request-watch.ts'
import type { Store } from '../store/open-store.ts'
import type { LinkReport } from '../edge/link-report.ts'

/** What the daemon reports about its own work. */
export interface Observation {
  readonly log: RequestLog
  readonly watch: RequestWatch
  /** The current link; undefined without a gateway. */
  link(): LinkReport | undefined
  /** All current metrics, in Prometheus's format. */
  metrics(): string
}

export function observe(
  store: Store,
  link: () => LinkReport | undefined,
  faults: FaultBook,
  backups: BackupsOfDaemon,
): Observation {
  const log = new RequestLog()
  const requests = new RequestMetrics()
  const records = new StoreMetrics(store)
  return {
    log,
    watch: new RequestWatch(log, requests),
    link,
    metrics: () =>
      exposition([
        ...requests.families(),
        ...records.families(),
        ...backupMetrics(backups),
        ...tunnelMetrics(link()),
        ...faults.families(),
        ...processMetrics(),
      ]),
  }
}
