import { createHash } from 'node:crypto'
import { HTTP_LIMITS } from '../limits.ts'
import { REQUEST_LIMITS } from '../../requests/limits.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'

export interface BodyDigest {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

const OCTETS = /^application\/octet-stream[ \t]*(?:;|$)/i

/**
 * Reads a request's body to its end and keeps nothing but its hash. Throws `ProblemError`: `UNSUPPORTED_MEDIA_TYPE` for
 * anything but `application/octet-stream` (a page elsewhere can send other types without a preflight),
 * `BODY_TOO_LARGE`, `INVALID_REQUEST` for a body that ends early.
 */
export async function digestBody(request: Request, facts: TracedFacts): Promise<BodyDigest> {
  if (!OCTETS.test(request.headers.get('content-type') ?? '')) {
    throw new ProblemError('UNSUPPORTED_MEDIA_TYPE', 'The body must be bytes', {
      try: 'Send: Content-Type: application/octet-stream',
    })
  }
  // The gateway limits every body with a stated length to the size of a record; other bodies are limited here.
  const most = facts.via === 'tunnel' ? REQUEST_LIMITS.bodyBytes : HTTP_LIMITS.probeUploadBytes
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge(most)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    // Not cancelled on a socket: Node would cut the connection and lose the refusal.
    const options = { preventCancel: facts.via !== 'tunnel' }
    for await (const chunk of request.body?.values(options) ?? []) {
      bytes += chunk.byteLength
      if (facts.trace !== undefined) facts.trace.bytesIn = bytes
      if (bytes > most) throw tooLarge(most)
      hash.update(chunk)
    }
  } catch (error) {
    if (error instanceof ProblemError) throw error
    throw new ProblemError('INVALID_REQUEST', 'The body ended early', {
      field: '$',
      try: 'Send the request again.',
    })
  }
  return { bytes, sha256: hash.digest('hex') }
}

function tooLarge(most: number): ProblemError {
  return new ProblemError('BODY_TOO_LARGE', `The body is larger than ${most} bytes`, {
    try: 'Send less: nothing of it is kept.',
  })
}
