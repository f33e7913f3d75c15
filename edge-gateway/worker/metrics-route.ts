import { pathOf, type RouteAccess } from '../../protocol/http/route-access.ts'

const METRICS_PATH = '/.well-known/spl-gateway/metrics'

/** Who may read the gateway's metrics: whoever may read the daemon's. No route of the daemon, so it is in no table. */
export const GATEWAY_METRICS: RouteAccess = { scopes: ['config:read'] }

export const METRICS_METHODS: readonly string[] = ['GET', 'HEAD']

/** Whether a request is for the gateway's own metrics, whatever its query. */
export function isMetricsTarget(target: string): boolean {
  // Asked of every request: almost none gets beyond the first characters.
  return target.startsWith(METRICS_PATH) && pathOf(target) === METRICS_PATH
}
