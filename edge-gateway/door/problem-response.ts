import { PROBLEM_STATUS, type Problem, type ProblemCode } from '../../protocol/http/problem.ts'

export interface ProblemOptions {
  /** What to do next. */
  readonly try?: string
  readonly requestId?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the envelope. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** The error envelope as the gateway's answer. */
export function problemResponse(
  code: ProblemCode,
  message: string,
  options: ProblemOptions = {},
): Response {
  const problem: Problem = {
    object: 'error',
    code,
    message,
    hop: 'gateway',
    ...(options.try === undefined ? {} : { try: options.try }),
    ...(options.requestId === undefined ? {} : { request_id: options.requestId }),
    ...options.details,
  }
  const headers: Record<string, string> = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...options.headers,
  }
  if (options.requestId !== undefined) headers['x-request-id'] = options.requestId
  if (PROBLEM_STATUS[code] === 401) headers['www-authenticate'] = 'Bearer'
  return Response.json(problem, { status: PROBLEM_STATUS[code], headers })
}
