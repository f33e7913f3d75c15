import { GATEWAY_HEADERS } from './gateway-headers.ts'
import type { HeaderList } from './header-field.ts'
import { LIMITS } from './limits.ts'

export type { HeaderList } from './header-field.ts'

/** The head of a request as the gateway sends it to the daemon. */
export interface RequestHead {
  readonly method: string
  /** Path and query exactly as authorised, byte for byte. */
  readonly target: string
  readonly headers: HeaderList
  /** The public host that the client asked for, with its port if it had one. */
  readonly host: string
  readonly scheme: 'https' | 'http'
  /** One id from the edge to the store. */
  readonly request_id: string
  /** The client's address, where the gateway can know it. */
  readonly client?: string
  /** The request asks for a WebSocket: the stream then carries messages (websocket-record.ts). */
  readonly upgrade?: 'websocket'
  /** An event stream that answers it may end in a group: the gateway can go on from there. */
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

const encoder = new TextEncoder()
// Fatal: a head with broken UTF-8 must not turn into another head. BOM kept: it is not ours to drop.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

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

/** @throws HeadError for anything but a complete request head. */
export function decodeRequestHead(bytes: Uint8Array): RequestHead {
  const head = parseObject(decodeText(bytes))
  const { method, target, headers, host, scheme, request_id, client, upgrade, join } = head
  if (typeof method !== 'string' || !/^[A-Z]{1,32}$/.test(method)) throw bad('method')
  if (typeof target !== 'string' || !target.startsWith('/')) throw bad('target')
  if (typeof host !== 'string' || host === '') throw bad('host')
  if (scheme !== 'https' && scheme !== 'http') throw bad('scheme')
  if (typeof request_id !== 'string' || request_id === '') throw bad('request_id')
  if (client !== undefined && typeof client !== 'string') throw bad('client')
  if (upgrade !== undefined && upgrade !== 'websocket') throw bad('upgrade')
  if (join !== undefined && join !== true) throw bad('join')
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

/** Response heads read lately, by their text: an API answers with few different ones, over and over. */
const known = new Map<string, ResponseHead>()
const KNOWN_MAX = 64
const KNOWN_CHARACTERS = 1024

/**
 * The same text gives the same object.
 * @throws HeadError for anything but a status and a header list.
 */
export function decodeResponseHead(bytes: Uint8Array): ResponseHead {
  const text = decodeText(bytes)
  const seen = known.get(text)
  if (seen !== undefined) return seen
  const head = readResponseHead(text)
  // What lets a stream be resumed is kept nowhere but with that stream.
  if (text.length > KNOWN_CHARACTERS || text.includes(GATEWAY_HEADERS.resume)) return head
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(text, head)
  return head
}

function readResponseHead(text: string): ResponseHead {
  const { status, headers } = parseObject(text)
  const usable = typeof status === 'number' && Number.isInteger(status)
  if (!usable || (status !== 101 && (status < 200 || status > 599))) throw bad('status')
  if (!isHeaderList(headers)) throw bad('headers')
  return { status, headers }
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.length > LIMITS.headBytes) throw new HeadError('decode head: over the size limit')
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new HeadError('decode head: not UTF-8', { cause })
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new HeadError('decode head: not JSON', { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HeadError('decode head: not an object')
  }
  return value as Record<string, unknown>
}

function isHeaderList(value: unknown): value is HeaderList {
  if (!Array.isArray(value) || value.length > LIMITS.headerFields) return false
  for (const field of value as unknown[]) {
    if (!Array.isArray(field) || field.length !== 2) return false
    if (typeof field[0] !== 'string' || typeof field[1] !== 'string') return false
  }
  return true
}

function bad(field: string): HeadError {
  return new HeadError(`decode head: ${field} is missing or malformed`)
}
