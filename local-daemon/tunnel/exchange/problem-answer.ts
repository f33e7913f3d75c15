import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import { PROBLEM_STATUS, type Problem, type ProblemCode } from '../../../protocol/http/problem.ts'

const MESSAGES: Partial<Record<ProblemCode, string>> = {
  INVALID_REQUEST: 'The head of the request cannot be used',
  INTERNAL: 'The daemon failed to answer; its log says why',
}

/** An error made by the tunnel itself, before or instead of the app. */
export function problemAnswer(code: ProblemCode, requestId: string, message?: string): Response {
  const problem: Problem = {
    object: 'error',
    code,
    message: message ?? MESSAGES[code] ?? code,
    hop: 'daemon',
    request_id: requestId,
  }
  return Response.json(problem, {
    status: PROBLEM_STATUS[code],
    headers: { 'cache-control': 'no-store', [GATEWAY_HEADERS.requestId]: requestId },
  })
}
