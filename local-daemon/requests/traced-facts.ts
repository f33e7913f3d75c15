import type { RequestFacts } from '../access/request-facts.ts'
import type { RequestTrace } from './request-trace.ts'

/** The facts of a request that the app has: from then on it is followed to the end of its answer. */
export interface TracedFacts extends RequestFacts {
  /** Takes note of what is found out about the request; absent for one that never came to the app. */
  readonly trace?: RequestTrace
}
