import { ArraySplitter } from '../../../protocol/json/array-splitter.ts'
import {
  BYTE_ORDER_MARK,
  isBlank,
  type ItemSplitter,
  LineSplitter,
} from '../../../protocol/json/line-splitter.ts'
import { REQUEST_LIMITS } from '../../requests/limits.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'
import { BodyReader, endedEarly } from '../input/body-reader.ts'
import { parseJsonText } from '../input/json-text.ts'
import { LINES_TYPE } from '../input/lines-type.ts'
import {
  hasExactLength,
  readBounded,
  requireJsonType,
  requirePlain,
  statedBytes,
  tooLarge,
} from '../input/read-json.ts'

/** Many records, of any length together. */
export interface PostedMany {
  readonly kind: 'many'
  readonly splitter: ItemSplitter
  /** What was read of the body already. */
  readonly begun: readonly Uint8Array[]
  readonly body: Pick<BodyReader, 'next' | 'leave'>
}

/** The body of an append: one JSON value, or many records. */
export type Posted = { readonly kind: 'one'; readonly value: unknown } | PostedMany

const LINES = new RegExp(`^${LINES_TYPE}[ \\t]*(?:;|$)`, 'i')
const BRACKET = 0x5b
const NOTHING: PostedMany['body'] = { next: () => Promise.resolve(undefined), leave: () => {} }

/**
 * Reads one value whole, as `readJson` does. Of many it reads no more than shows that they are many: the type
 * `application/x-ndjson`, or a JSON array. Throws `ProblemError` as `readJson`.
 */
export async function readPosted(request: Request, facts: TracedFacts): Promise<Posted> {
  const { headers } = request
  if (LINES.test(headers.get('content-type') ?? '')) {
    requirePlain(headers)
    const splitter = new LineSplitter(REQUEST_LIMITS.bodyBytes)
    return { kind: 'many', splitter, begun: [], body: new BodyReader(request, facts) }
  }
  requireJsonType(headers, LINES_TYPE)
  if (hasExactLength(headers, facts) && statedBytes(headers) <= REQUEST_LIMITS.bodyBytes) {
    return posted(await wholeBody(request, facts))
  }
  const body = new BodyReader(request, facts)
  const begun: Uint8Array[] = []
  let first: number | undefined
  while (first === undefined && bytesOf(begun) <= REQUEST_LIMITS.bodyBytes) {
    const chunk = await body.next()
    if (chunk === undefined) break
    begun.push(chunk)
    first = chunk.find((byte) => !isBefore(byte))
  }
  if (first === BRACKET) return many(begun, body)
  if (statedBytes(headers) > REQUEST_LIMITS.bodyBytes) {
    body.leave()
    throw tooLarge()
  }
  return { kind: 'one', value: parseJsonText(await readBounded(body, begun), 'record') }
}

async function wholeBody(request: Request, facts: TracedFacts): Promise<Uint8Array> {
  try {
    const bytes = new Uint8Array(await request.arrayBuffer())
    if (facts.trace !== undefined) facts.trace.bytesIn = bytes.byteLength
    return bytes
  } catch {
    throw endedEarly()
  }
}

function posted(bytes: Uint8Array): Posted {
  const isArray = bytes.find((byte) => !isBefore(byte)) === BRACKET
  return isArray ? many([bytes], NOTHING) : { kind: 'one', value: parseJsonText(bytes, 'record') }
}

/** Whether a byte may stand before the first value: the splitter, or the decoder, says whether it stands there as it may. */
function isBefore(byte: number): boolean {
  return isBlank(byte) || BYTE_ORDER_MARK.includes(byte)
}

function many(begun: readonly Uint8Array[], body: PostedMany['body']): PostedMany {
  return { kind: 'many', splitter: new ArraySplitter(REQUEST_LIMITS.bodyBytes), begun, body }
}

function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
}
