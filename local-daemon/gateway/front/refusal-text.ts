import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { PROBLEM_STATUS, type Problem } from '../../../protocol/http/problem.ts'
import type { HeadFault } from '../../../protocol/http/head-rules.ts'

/** The answer to a request that is not passed on, in the error envelope; the connection ends with it. */
export function refusalText(
  { code, message, headers = {} }: HeadFault,
  retryAfter?: number,
): string {
  const requestId = randomUUID()
  const problem: Problem = {
    object: 'error',
    code,
    message,
    hop: 'gateway',
    request_id: requestId,
  }
  const body = JSON.stringify(problem)
  const status = PROBLEM_STATUS[code]
  const more = [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
  ]
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json',
    'cache-control: private, no-store',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId}`,
    ...more,
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
