import { randomUUID } from 'node:crypto'
import { ACTOR_HEADER } from '../access/authorise.ts'
import type { Principal } from '../access/principal.ts'
import { DAEMON_LIMITS } from '../config/limits.ts'
import { FixedAnswer } from '../http/fixed-answer.ts'
import type { RequestFacts } from '../http/request-facts.ts'
import type { RequestMetrics } from '../metrics/request-metrics.ts'
import { loggable, loggablePath } from './loggable.ts'
import type { RequestLog } from './request-log.ts'
import { RequestTrace, type TraceEnd } from './request-trace.ts'

/** What a request asks for, before anything is checked. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly target: string
}

interface Claimed {
  /** What the header X-Syncropel-Actor says. */
  readonly claimed: string | null
}

/** Writes the line of every request, and counts it. */
export class RequestWatch {
  readonly #log: RequestLog
  readonly #metrics: RequestMetrics

  constructor(log: RequestLog, metrics: RequestMetrics) {
    this.#log = log
    this.#metrics = metrics
  }

  /** Follows a request of the app. */
  begin(request: Request, facts: RequestFacts): RequestTrace {
    const id = facts.requestId ?? randomUUID()
    return this.#follow(id, facts, () => {
      const { method, url } = request
      return { method, target: targetOf(url), claimed: request.headers.get(ACTOR_HEADER) }
    })
  }

  /**
   * Says that an answer is made.
   * @param isGone whether the client has left meanwhile
   */
  answered(trace: RequestTrace, method: string, response: Response, isGone: () => boolean): void {
    // The answer to HEAD has a body that nobody reads.
    if (trace.isStreamed && method !== 'HEAD') return
    const length = method === 'HEAD' || response.body === null ? 0 : lengthOf(response)
    const gone = isGone()
    trace.end(response.status, gone ? 'cancelled' : 'whole', gone ? 0 : length)
  }

  /** A request that was refused before the app could be asked. */
  refused(asked: Asked, facts: RequestFacts, answer: Response): void {
    const id = facts.requestId ?? answer.headers.get('x-request-id') ?? ''
    const trace = this.#follow(id, facts, () => ({ ...asked, claimed: null }))
    trace.end(answer.status, 'whole', asked.method === 'HEAD' ? 0 : lengthOf(answer))
  }

  /** @param asked called once, when the line is written */
  #follow(id: string, { via }: RequestFacts, asked: () => Asked & Claimed): RequestTrace {
    const trace = new RequestTrace(id, via, {
      streaming: (streaming) => this.#metrics.stream(streaming),
      ended: (ended, end) => this.#write(ended, end, asked()),
    })
    this.#metrics.begin(trace)
    return trace
  }

  #write(trace: RequestTrace, end: TraceEnd, { method, target, claimed }: Asked & Claimed): void {
    const { requestLogPath, requestLogText } = DAEMON_LIMITS
    const ms = performance.now() - trace.startedAt
    this.#metrics.end(trace, end, method, ms / 1000)
    this.#log.add({
      time: trace.time,
      request_id: loggable(trace.requestId, requestLogText),
      via: trace.via,
      method: loggable(method, requestLogText),
      path: loggablePath(target, requestLogPath),
      route: trace.route,
      status: end.status,
      outcome: end.outcome,
      duration_ms: Math.round(ms * 1000) / 1000,
      bytes_in: trace.bytesIn,
      bytes_out: end.bytesOut,
      account: accountOf(trace.principal),
      // Of a request that was let in the claim was checked.
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
  if (response instanceof FixedAnswer) return Number(response.fields['content-length'])
  return Number(response.headers.get('content-length') ?? 0)
}
