import type { RequestFacts } from '../access/request-facts.ts'
import type { RequestTrace } from './request-trace.ts'

/** The facts of a request that reached the app. From then on it is followed to the end of its answer. */
export interface TracedFacts extends RequestFacts {
  /** Collects what is found out about the request; absent for one that never reached the app. */
  readonly trace?: RequestTrace
}
