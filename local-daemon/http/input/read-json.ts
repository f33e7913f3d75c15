import { countValues } from '../../../protocol/json/count-values.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { findLossyNumber } from '../../../protocol/json/lossy-number.ts'
import { parseStrictJson, RepeatedMemberError } from '../../../protocol/json/strict-json.ts'
import { REQUEST_LIMITS } from '../../requests/limits.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i
const utf8 = new TextDecoder('utf-8', { fatal: true })

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
  try {
    const text = utf8.decode(bytes)
    // Parsing cost grows with their number, and faster; a record has few besides its body's.
    if (countValues(text) > 2 * LIMITS.recordValues) throw tooManyValues()
    const value = parseStrictJson(text)
    refuseLossyNumber(text)
    return value
  } catch (error) {
    if (error instanceof ProblemError) throw error
    if (error instanceof RepeatedMemberError) {
      throw new ProblemError('INVALID_REQUEST', `The body is ambiguous: ${error.message}`, {
        field: error.field,
        try: 'Give each member of an object once.',
      })
    }
    throw new ProblemError('INVALID_REQUEST', `The body is not JSON: ${(error as Error).message}`, {
      field: '$',
      try: 'Send one JSON object in UTF-8.',
    })
  }
}

function refuseLossyNumber(text: string): void {
  const number = findLossyNumber(text)
  if (number === undefined) return
  const shown = number.length > 40 ? `${number.slice(0, 40)}…` : number
  throw new ProblemError(
    'INVALID_REQUEST',
    `The number ${shown} has more digits than JSON keeps, and would become ${Number(number)}`,
    { field: '$', try: 'Send it as a string: numbers are exact up to 9007199254740991.' },
  )
}

function requireJsonType(headers: Headers): void {
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) {
    throw new ProblemError('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON', {
      try: 'Send: Content-Type: application/json',
    })
  }
  const coding = headers.get('content-encoding')
  if (coding !== null && coding.toLowerCase() !== 'identity') {
    throw new ProblemError('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed', {
      try: 'Leave out Content-Encoding.',
    })
  }
}

async function readBody(request: Request, facts: TracedFacts): Promise<Uint8Array> {
  const stated = request.headers.get('content-length')
  if (stated !== null && Number(stated) > REQUEST_LIMITS.bodyBytes) throw tooLarge()
  try {
    // Node's parser holds a sender to the length it stated; through the tunnel it is only a claim.
    if (stated !== null && facts.via !== 'tunnel')
      return new Uint8Array(await request.arrayBuffer())
    return await readBounded(request.body, facts)
  } catch (error) {
    if (error instanceof ProblemError) throw error
    throw new ProblemError('INVALID_REQUEST', 'The body ended early', {
      field: '$',
      try: 'Send the request again.',
    })
  }
}

/** A body on a socket is not cancelled: Node would cut the connection and lose the refusal. */
async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  facts: TracedFacts,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body?.values({ preventCancel: facts.via !== 'tunnel' }) ?? []) {
    bytes += chunk.byteLength
    if (bytes > REQUEST_LIMITS.bodyBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooManyValues(): ProblemError {
  return new ProblemError(
    'BODY_TOO_LARGE',
    `The body has more values than a record may have: ${LIMITS.recordValues}`,
    { try: 'Spread them over several records, or keep them as one string.' },
  )
}

function tooLarge(): ProblemError {
  return new ProblemError(
    'BODY_TOO_LARGE',
    `The body is larger than ${REQUEST_LIMITS.bodyBytes} bytes`,
    { try: 'Keep large content elsewhere and refer to it from the record.' },
  )
}
