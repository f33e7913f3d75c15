import { STATUS_CODES } from 'node:http'
import { PROBLEM_STATUS, type Problem } from '../../../protocol/problem.ts'
import type { HeadFault } from './request-head.ts'

/** The answer to what is not passed on to workerd, in the one envelope; the connection ends with it. */
export function refusalText({ code, message, allow }: HeadFault, retryAfter?: number): string {
  const problem: Problem = { object: 'error', code, message, hop: 'gateway' }
  const body = JSON.stringify(problem)
  const status = PROBLEM_STATUS[code]
  const more = [
    ...(allow === undefined ? [] : [`allow: ${allow}`]),
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
  ]
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json',
    'cache-control: private, no-store',
    'x-content-type-options: nosniff',
    ...more,
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
