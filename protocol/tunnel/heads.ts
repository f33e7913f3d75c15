import { isAuthority } from '../http/authority.ts'
import { isClientAddress } from '../http/client-address.ts'
import { GATEWAY_HEADERS } from '../http/gateway-headers.ts'
import { checkFields, type HeaderList } from '../http/header-field.ts'
import { isContentLength } from '../http/header-hygiene.ts'
import { LIMITS } from '../limits.ts'
import { checkTarget } from '../http/request-target.ts'
import { decodeText } from '../encoding/utf8.ts'
import { parseObject } from './wire-json.ts'
import { isWireId } from './wire-names.ts'

export type { HeaderList } from '../http/header-field.ts'

/** The head of a request as the gateway sends it to the daemon. */
export interface RequestHead {
  readonly method: string
  /** Path and query exactly as authorised, byte for byte. */
  readonly target: string
  readonly headers: HeaderList
  /** The public host in the client's request, with its port if it had one. */
  readonly host: string
  readonly scheme: 'https' | 'http'
  /** The same id from the gateway to the store. */
  readonly request_id: string
  /** The client's address, where the gateway can know it. */
  readonly client?: string
  /** The request asks for a WebSocket: the stream then carries messages (websocket-record.ts). */
  readonly upgrade?: 'websocket'
  /** An event stream that answers it may end in a JOIN. */
  readonly join?: true
}

export interface ResponseHead {
  /** 200 to 599, or 101 for an accepted WebSocket. */
  readonly status: number
  readonly headers: HeaderList
}

/** A head that cannot be used; the stream is reset, the connection stays. */
export class HeadError extends Error {
  override readonly name = 'HeadError'
}

/** Methods that are relayed: words, without `CONNECT` and those that `fetch` forbids. */
const METHOD = /^(?!CONNECT$|TRACE$|TRACK$)[A-Z]{1,32}$/
const CAPITAL = /[A-Z]/
const SINGLE: ReadonlySet<string> = new Set(['authorization', 'content-length', 'host'])

const encoder = new TextEncoder()

/** @throws HeadError when the encoded head is over `LIMITS.headBytes`. */
export function encodeHead(head: RequestHead | ResponseHead): Uint8Array {
  return encodeHeadText(JSON.stringify(head))
}

/** As `encodeHead`, for a head that is JSON text already. */
export function encodeHeadText(text: string): Uint8Array {
  const bytes = encoder.encode(text)
  if (bytes.length > LIMITS.headBytes) {
    throw new HeadError(`encode head: ${bytes.length} bytes, the limit is ${LIMITS.headBytes}`)
  }
  return bytes
}

/**
 * Every field has been checked completely, so you may put any of it into a URL, a header or a log.
 * @throws HeadError for anything but a complete request head, and the field's name in its message
 */
export function decodeRequestHead(bytes: Uint8Array): RequestHead {
  const head = objectOf(textOf(bytes))
  const { method, target, headers, host, scheme, request_id, client, upgrade, join } = head
  if (typeof method !== 'string' || !METHOD.test(method)) throw bad('method')
  if (typeof target !== 'string' || checkTarget(target) !== undefined) throw bad('target')
  if (typeof host !== 'string' || !isAuthority(host)) throw bad('host')
  if (scheme !== 'https' && scheme !== 'http') throw bad('scheme')
  if (!isWireId(request_id)) throw bad('request_id')
  if (client !== undefined && (typeof client !== 'string' || !isClientAddress(client)))
    throw bad('client')
  if (upgrade !== undefined && (upgrade !== 'websocket' || method !== 'GET')) throw bad('upgrade')
  if (join !== undefined && (join !== true || method !== 'GET')) throw bad('join')
  if (!isHeaderList(headers)) throw bad('headers')
  return {
    method,
    target,
    headers,
    host,
    scheme,
    request_id,
    ...(client === undefined ? {} : { client }),
    ...(upgrade === undefined ? {} : { upgrade }),
    ...(join === undefined ? {} : { join }),
  }
}

/** Recent response heads, by their text: an API repeats a few of them. */
const known = new Map<string, ResponseHead>()
const KNOWN_MAX = 64
const KNOWN_CHARACTERS = 1024

/**
 * The same text gives the same object.
 * @throws HeadError for anything but a status and a header list.
 */
export function decodeResponseHead(bytes: Uint8Array): ResponseHead {
  const text = textOf(bytes)
  const seen = known.get(text)
  if (seen !== undefined) return seen
  const head = readResponseHead(text)
  // A resume code is kept only with its stream, never in this cache.
  if (text.length > KNOWN_CHARACTERS || text.includes(GATEWAY_HEADERS.resume)) return head
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(text, head)
  return head
}

function readResponseHead(text: string): ResponseHead {
  const { status, headers } = objectOf(text)
  const usable = typeof status === 'number' && Number.isInteger(status)
  if (!usable || (status !== 101 && (status < 200 || status > 599))) throw bad('status')
  if (!isHeaderList(headers)) throw bad('headers')
  return { status, headers }
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > LIMITS.headBytes) throw new HeadError('decode head: over the size limit')
  const text = decodeText(bytes)
  if (text === undefined) throw new HeadError('decode head: not UTF-8')
  return text
}

function objectOf(text: string): Record<string, unknown> {
  const value = parseObject(text)
  if (value === undefined) throw new HeadError('decode head: no JSON object')
  return value
}

/** Grammar, number and size of RFC 9110; names in lower case; at most once what may appear once. */
function isHeaderList(value: unknown): value is HeaderList {
  if (!Array.isArray(value) || value.length > LIMITS.headerFields) return false
  const once = new Set<string>()
  for (const field of value as unknown[]) {
    if (!Array.isArray(field) || field.length !== 2) return false
    const [name, text] = field as [unknown, unknown]
    if (typeof name !== 'string' || typeof text !== 'string' || CAPITAL.test(name)) return false
    if (!SINGLE.has(name)) continue
    if (once.has(name) || (name === 'content-length' && !isContentLength(text))) return false
    once.add(name)
  }
  return checkFields(value as HeaderList) === undefined
}

function bad(field: string): HeadError {
  return new HeadError(`decode head: ${field} is missing or malformed`)
}
