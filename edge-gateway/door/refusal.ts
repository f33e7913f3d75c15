import type { CorsHeaders } from '../../protocol/http/cors.ts'
import type { ProblemCode } from '../../protocol/http/problem.ts'
import { problemResponse } from './problem-response.ts'

/** Why a request goes no further, as data: decisions make it, and one place turns it into an answer. */
export interface Refusal {
  readonly code: ProblemCode
  readonly message: string
  /** What to do next, where the message does not say it. */
  readonly try?: string
  /** Seconds after which the same request may pass. */
  readonly retryAfter?: number
  /** It passes by itself, and its request may wait for that where it has a place to wait in. */
  readonly passing?: true
  /** Methods that the path has, for a method that it has not (RFC 9110, section 15.5.6). */
  readonly allow?: string
  /** The protocol that the path needs, for a request without it (RFC 9110, section 15.5.22). */
  readonly upgrade?: string
  /** Further members of the envelope. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** What an answer must know of the request that it refuses. */
export interface RefusedRequest {
  readonly requestId: string
  /** What CORS adds, asked for only when there is something to refuse. */
  cors?(): CorsHeaders
  /** Told that it was refused. */
  refused?(code: ProblemCode): void
}

/** The answer to a refused request. What every refusal must carry, whoever made it, is added here and nowhere else. */
export function refuse(refusal: Refusal, asked: RefusedRequest): Response {
  const { code, message, retryAfter, allow, upgrade, details } = refusal
  asked.refused?.(code)
  return problemResponse(code, message, {
    ...(refusal.try === undefined ? {} : { try: refusal.try }),
    ...(details === undefined ? {} : { details }),
    requestId: asked.requestId,
    headers: {
      ...asked.cors?.(),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(allow === undefined ? {} : { allow }),
      ...(upgrade === undefined ? {} : { upgrade }),
    },
  })
}
