import type { Logger } from 'pino'
import type { Family } from '../../protocol/http/exposition.ts'
import { PROCESS_LIMITS } from './limits.ts'
import { Counter } from '../metrics/counter.ts'

/** Where something failed, and what it cost. */
export type FaultPlace =
  /** A malformed head from the gateway: its stream. */
  | 'head'
  /** An answer whose body broke off, or whose reader must not get the rest: that answer. */
  | 'answer'
  /** Anything else of one relayed request or WebSocket: that stream. */
  | 'stream'
  /** The connection to the gateway: it is made again, and its streams are lost. */
  | 'connection'
  /** Work in the background: it is tried again. */
  | 'task'
  /** A listener of commits: the others are still called. */
  | 'listener'
  /** A promise that nobody handled, found by the last resort (last-resort.ts). */
  | 'rejection'
  /** An exception that nobody caught, found by the last resort. */
  | 'exception'

/** Errors caused by others, which are no bug here. */
const FOREIGN: ReadonlySet<FaultPlace> = new Set(['head', 'answer'])
const MINUTE_MS = 60_000

/** Records every failure: one line in the log, with the request's id, and a count. */
export class FaultBook {
  readonly #logger: Logger
  readonly #now: () => number
  readonly #counter = new Counter('spl_faults_total', 'Failures, by the place that settled them.', [
    'place',
  ])
  #minute = -Infinity
  #lines = 0
  #leftOut = 0

  /** @param now of a monotonic clock, milliseconds */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger
    this.#now = now
  }

  /** Never throws. Counts each one; writes at most `PROCESS_LIMITS.faultLines` a minute, and then how many it left out. */
  note(place: FaultPlace, error: unknown, requestId?: string): void {
    this.#counter.add([place])
    if (!this.#mayWrite()) return
    const about = {
      err: error instanceof Error ? error : new Error(String(error)),
      place,
      ...codeOf(error),
      ...(requestId === undefined ? {} : { request_id: requestId }),
    }
    if (FOREIGN.has(place)) this.#logger.warn(about, MESSAGES[place])
    else this.#logger.error(about, MESSAGES[place])
  }

  families(): Family[] {
    return [this.#counter.family()]
  }

  #mayWrite(): boolean {
    const now = this.#now()
    if (now - this.#minute >= MINUTE_MS) {
      if (this.#leftOut > 0) this.#logger.warn({ left_out: this.#leftOut }, 'faults left out')
      this.#minute = now
      this.#lines = 0
      this.#leftOut = 0
    }
    this.#lines += 1
    if (this.#lines <= PROCESS_LIMITS.faultLines) return true
    this.#leftOut += 1
    return false
  }
}

const MESSAGES: Readonly<Record<FaultPlace, string>> = {
  head: 'stream refused: its head is malformed',
  answer: 'answer cut',
  stream: 'stream failed',
  connection: 'tunnel error',
  task: 'background task failed',
  listener: 'listener failed',
  rejection: 'promise rejected, and nobody handled it; the daemon goes on',
  exception: 'exception that nobody caught',
}

function codeOf(error: unknown): { readonly code?: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? { code } : {}
}
