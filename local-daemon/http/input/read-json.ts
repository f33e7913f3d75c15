import { REQUEST_LIMITS } from '../../requests/limits.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'
import { BodyReader, endedEarly } from './body-reader.ts'
import { parseJsonText } from './json-text.ts'

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i

/**
 * The JSON value in a request's body. Throws `ProblemError`: `UNSUPPORTED_MEDIA_TYPE` for anything but
 * `application/json` (a page elsewhere can send other types without a preflight), `BODY_TOO_LARGE` beyond
 * `REQUEST_LIMITS.bodyBytes` however the length was stated, `INVALID_REQUEST` for text that is not JSON, that names a
 * member twice, or that has a number which would be stored as another one.
 */
export async function readJson(request: Request, facts: TracedFacts): Promise<unknown> {
  requireJsonType(request.headers)
  const bytes = await readBody(request, facts)
  if (facts.trace !== undefined) facts.trace.bytesIn = bytes.byteLength
  return parseJsonText(bytes, 'body')
}

/** @param many the type of many values, where they are taken too */
export function requireJsonType(headers: Headers, many?: string): void {
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) {
    const also = many === undefined ? '' : `; of many records, one in each line: ${many}`
    throw new ProblemError('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON', {
      try: `Send: Content-Type: application/json${also}`,
    })
  }
  requirePlain(headers)
}

/** Refuses a compressed body. */
export function requirePlain(headers: Headers): void {
  const coding = headers.get('content-encoding')
  if (coding !== null && coding.toLowerCase() !== 'identity') {
    throw new ProblemError('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed', {
      try: 'Leave out Content-Encoding.',
    })
  }
}

async function readBody(request: Request, facts: TracedFacts): Promise<Uint8Array> {
  if (statedBytes(request.headers) > REQUEST_LIMITS.bodyBytes) throw tooLarge()
  // Node's parser holds a sender to the length it stated; through the tunnel it is only a claim.
  if (!hasExactLength(request.headers, facts)) return readBounded(new BodyReader(request, facts))
  try {
    return new Uint8Array(await request.arrayBuffer())
  } catch {
    throw endedEarly()
  }
}

/** The rest of a body that is one record's. Throws `ProblemError` `BODY_TOO_LARGE`. */
export async function readBounded(
  body: BodyReader,
  begun: readonly Uint8Array[] = [],
): Promise<Uint8Array> {
  const chunks = [...begun]
  let bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  for (;;) {
    if (bytes > REQUEST_LIMITS.bodyBytes) {
      body.leave()
      throw tooLarge()
    }
    const chunk = await body.next()
    if (chunk === undefined) return Buffer.concat(chunks)
    bytes += chunk.byteLength
    chunks.push(chunk)
  }
}

/** Whether the body has the length that it states: through the tunnel that is only a claim. */
export function hasExactLength(headers: Headers, { via }: TracedFacts): boolean {
  return headers.has('content-length') && via !== 'tunnel'
}

/** As stated, 0 without. */
export function statedBytes(headers: Headers): number {
  return Number(headers.get('content-length') ?? 0)
}

export function tooLarge(): ProblemError {
  return new ProblemError(
    'BODY_TOO_LARGE',
    `The body is larger than ${REQUEST_LIMITS.bodyBytes} bytes`,
    { try: 'Keep large content elsewhere and refer to it from the record.' },
  )
}
