import { createHash, randomBytes } from 'node:crypto'
import { HTTP_LIMITS } from '../../../http/limits.ts'
import { REQUEST_LIMITS } from '../../../requests/limits.ts'
import type { Check } from '../check.ts'
import { ask, type Outside, type OutsideAnswer } from './outside.ts'

const NAME = 'upload'

/**
 * Whether a body as large as a record's passes, whole.
 * @param bytes how many are sent
 */
export async function probeUpload(
  outside: Outside,
  bytes: number = REQUEST_LIMITS.bodyBytes,
): Promise<Check> {
  const body = randomBytes(bytes)
  const sha256 = createHash('sha256').update(body).digest('hex')
  const answer = await ask(outside, {
    method: 'POST',
    path: '/v1/connection/upload',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    silenceMs: UPLOAD_MS,
    signal: AbortSignal.timeout(UPLOAD_MS),
  })
  return judgeUpload(answer, { bytes, sha256 })
}

/** As long as the daemon waits for a request. */
const UPLOAD_MS = HTTP_LIMITS.requestMs

export function judgeUpload(
  { status, json }: OutsideAnswer,
  sent: { readonly bytes: number; readonly sha256: string },
): Check {
  const details = { bytes: sent.bytes, status, code: json.code }
  if (status === 200 && json['sha256'] === sent.sha256) {
    const message = `A body of ${sent.bytes} bytes arrives as it was sent`
    return { name: NAME, status: 'pass', message, details }
  }
  if (status === 200) {
    return {
      name: NAME,
      status: 'fail',
      message: 'A request body arrives with different bytes than were sent',
      fix: 'Something on the way rewrites bodies: remove it.',
      details,
    }
  }
  if (json.code === 'SCOPE_FORBIDDEN' || json.code === 'RATE_LIMITED') {
    const message = `This bearer token cannot test an upload now (${json.code})`
    return { name: NAME, status: 'skip', message, details }
  }
  const limited = status === 413
  return {
    name: NAME,
    status: 'fail',
    message: limited
      ? `The proxy refuses a body of ${sent.bytes} bytes, as large as a record may be`
      : `A body of ${sent.bytes} bytes got status ${status}`,
    fix: limited
      ? 'Allow larger bodies (nginx: client_max_body_size 100m;).'
      : (json.try ?? 'See the log of the proxy for the same moment.'),
    details,
  }
}
