import type { RequestTrace, TraceEnd } from './request-trace.ts'
import { Counter } from '../metrics/counter.ts'
import type { Family } from '../../protocol/http/exposition.ts'
import { Histogram } from '../metrics/histogram.ts'

/** Methods with their own label value; a client may invent others. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS'])
/** By the first digit of a status. */
const CLASSES = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx'] as const
/** Upper bounds, seconds: a small read is below a millisecond, a long poll takes up to 30 seconds. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30]

/**
 * Counts requests. Every label has few values, whatever clients send: the five ways in, methods of the list or
 * `OTHER`, patterns of routes or `unmatched`, classes of status.
 */
export class RequestMetrics {
  readonly #requests = new Counter('spl_http_requests_total', 'Requests answered.', [
    'via',
    'method',
    'route',
    'status',
  ])
  readonly #durations = new Histogram(
    'spl_http_request_duration_seconds',
    'From the head of a request to the end of its answer, without event streams.',
    ['via', 'route'],
    DURATIONS,
  )
  readonly #open = new Counter(
    'spl_http_requests_in_progress',
    'Requests under way, event streams too.',
    ['via'],
    'gauge',
  )
  readonly #streams = new Counter('spl_http_event_streams', 'Open event streams.', ['via'], 'gauge')
  readonly #cancelled = new Counter(
    'spl_http_requests_unfinished_total',
    'Answers that the client left (cancelled) or that the daemon had to cut (failed).',
    ['via', 'outcome'],
  )
  readonly #bytesIn = new Counter(
    'spl_http_request_body_bytes_total',
    'Bytes read of request bodies.',
    ['via'],
  )
  readonly #bytesOut = new Counter(
    'spl_http_response_body_bytes_total',
    'Bytes sent of answer bodies, counted at the end of the answer.',
    ['via'],
  )

  begin({ via }: RequestTrace): void {
    this.#open.add([via])
  }

  /** The answer is an event stream and begins. */
  stream({ via }: RequestTrace): void {
    this.#streams.add([via])
  }

  end(
    trace: RequestTrace,
    { status, outcome, bytesOut }: TraceEnd,
    method: string,
    s: number,
  ): void {
    const { via, route } = trace
    const label = METHODS.has(method) ? method : 'OTHER'
    this.#requests.add([via, label, route, CLASSES[Math.floor(status / 100)] ?? '0xx'])
    this.#open.add([via], -1)
    if (outcome !== 'whole') this.#cancelled.add([via, outcome])
    if (trace.isEventStream) this.#streams.add([via], -1)
    else this.#durations.observe([via, route], s)
    if (trace.bytesIn > 0) this.#bytesIn.add([via], trace.bytesIn)
    if (bytesOut > 0) this.#bytesOut.add([via], bytesOut)
  }

  families(): Family[] {
    return [
      this.#requests,
      this.#durations,
      this.#open,
      this.#streams,
      this.#cancelled,
      this.#bytesIn,
      this.#bytesOut,
    ].map((metric) => metric.family())
  }
}
