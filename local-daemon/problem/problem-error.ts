import type { ProblemCode } from '../../protocol/http/problem.ts'

/** What a problem may have besides its code and message. */
export interface ProblemDetail {
  /** What to do next: a command or a change to the request. */
  readonly try?: string | undefined
  /** JSON path of the offending field. */
  readonly field?: string | undefined
  /** The scope that the bearer lacks. */
  readonly requiredScope?: string | undefined
  /** Seconds after which the same may be tried again. */
  readonly retryAfter?: number | undefined
}

/**
 * A refusal that becomes the error envelope of protocol/http/problem.ts, whichever layer throws it. It knows nothing of HTTP:
 * status and headers are added where it is answered (http/answers/answer.ts).
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: ProblemCode
  readonly detail: ProblemDetail

  constructor(code: ProblemCode, message: string, detail: ProblemDetail = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.detail = detail
  }

  /** What to do next, as in other errors for people. */
  get try(): string | undefined {
    return this.detail.try
  }
}
