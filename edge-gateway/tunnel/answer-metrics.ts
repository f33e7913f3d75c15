import { exposition, EXPOSITION_TYPE } from '../../protocol/http/exposition.ts'
import { GATEWAY_HEADERS } from '../../protocol/http/gateway-headers.ts'
import { refuse } from '../door/refusal.ts'
import type { AskedRequest } from './asked-request.ts'
import { gatewayMetrics, type GatewayState } from './gateway-metrics.ts'
import type { PolicyBook } from './policy/policy-book.ts'
import type { TrafficCounts } from './traffic-counts.ts'

/** Answers Prometheus, also while home is away: the bearer is decided here, by home's last policy. */
export function answerMetrics(
  asked: AskedRequest,
  policy: PolicyBook,
  counts: TrafficCounts,
  state: () => GatewayState,
): Response {
  const refusal = policy.refusalHere(asked.relayed, Date.now())
  if (refusal !== undefined) return refuse(refusal, asked)
  return new Response(exposition(gatewayMetrics(counts, state())), {
    headers: {
      'content-type': EXPOSITION_TYPE,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      [GATEWAY_HEADERS.requestId]: asked.requestId,
      ...asked.cors(),
    },
  })
}
