import { randomUUID } from 'node:crypto'
import { ACTOR_HEADER } from '../access/authorise.ts'
import type { Principal } from '../access/principal.ts'
import { REQUEST_LIMITS } from './limits.ts'
import { FixedAnswer } from './fixed-answer.ts'
import type { RequestFacts } from '../access/request-facts.ts'
import type { RequestMetrics } from './request-metrics.ts'
import { loggable, loggablePath } from './mask-secrets.ts'
import type { RequestLog } from './request-log.ts'
import { type Asked, RequestTrace, type TraceEnd, type TraceWatcher } from './request-trace.ts'

/** The request that was refused before the app. */
export type Refused = Pick<Asked, 'method' | 'target'>

/** Writes a line for every request, and counts it. */
export class RequestWatch implements TraceWatcher {
  readonly #log: RequestLog
  readonly #metrics: RequestMetrics

  constructor(log: RequestLog, metrics: RequestMetrics) {
    this.#log = log
    this.#metrics = metrics
  }

  /** Follows a request of the app. */
  begin(request: Request, facts: RequestFacts): RequestTrace {
    const id = facts.requestId ?? randomUUID()
    const trace = new RequestTrace(id, facts.via, this, () => {
      const { method, url, headers } = request
      return { method, target: targetOf(url), claimed: headers.get(ACTOR_HEADER) }
    })
    this.#metrics.begin(trace)
    return trace
  }

  /** The app has made an answer. */
  answered(trace: RequestTrace, method: string, response: Response): void {
    // The answer to HEAD has a body that nobody reads.
    if (trace.isStreamed && method !== 'HEAD') return
    const length = method === 'HEAD' ? 0 : lengthOf(response)
    const gone = trace.isGone()
    trace.end(response.status, gone ? 'cancelled' : 'whole', gone ? 0 : length)
  }

  /** A request that was refused before the app. */
  refused(asked: Refused, facts: RequestFacts, answer: Response): void {
    const id = facts.requestId ?? answer.headers.get('x-request-id') ?? ''
    const trace = new RequestTrace(id, facts.via, this, () => ({ ...asked, claimed: null }))
    this.#metrics.begin(trace)
    trace.end(answer.status, 'whole', asked.method === 'HEAD' ? 0 : lengthOf(answer))
  }

  streaming(trace: RequestTrace): void {
    this.#metrics.stream(trace)
  }

  ended(trace: RequestTrace, end: TraceEnd): void {
    const { method, target, claimed } = trace.asked()
    const { requestLogPath, requestLogText } = REQUEST_LIMITS
    const ms = performance.now() - trace.startedAt
    const path = loggablePath(target, requestLogPath)
    this.#metrics.end(trace, end, method, ms / 1000)
    this.#log.add({
      time: trace.time,
      request_id: loggable(trace.requestId, requestLogText),
      via: trace.via,
      method: loggable(method, requestLogText),
      // The pattern's own string, if it is equal: one string less to keep.
      path: path === trace.route ? trace.route : path,
      route: trace.route,
      status: end.status,
      outcome: end.outcome,
      duration_ms: Math.round(ms * 1000) / 1000,
      bytes_in: trace.bytesIn,
      bytes_out: end.bytesOut,
      account: accountOf(trace.principal),
      // The claim of an allowed request was checked.
      actor:
        claimed === null || trace.principal === undefined
          ? null
          : loggable(claimed, requestLogText),
    })
  }
}

function accountOf(principal: Principal | undefined): string {
  if (principal === undefined) return 'anonymous'
  return principal.kind === 'account' ? principal.account : principal.kind
}

function targetOf(url: string): string {
  return url.slice(url.indexOf('/', url.indexOf('://') + 3))
}

function lengthOf(response: Response): number {
  // It knows its length; nothing else needs a look.
  if (response instanceof FixedAnswer) return Number(response.fields['content-length'])
  if (response.body === null) return 0
  return Number(response.headers.get('content-length') ?? 0)
}
