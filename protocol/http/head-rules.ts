import { isContentLength } from './header-hygiene.ts'
import type { ProblemCode } from './problem.ts'

/** A request's head as it arrived: names in lower case, values without the blanks around them. */
export interface RawHead {
  readonly method: string
  /** Such as `1.1`. */
  readonly version: string
  readonly fields: readonly RawField[]
}

export interface RawField {
  readonly name: string
  readonly value: string
}

export interface HeadFault {
  readonly code: ProblemCode
  readonly message: string
  /** Header fields of the refusal, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>
}

/** RFC 6455, section 4.1: 16 bytes as base64. */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/
const WEBSOCKET_VERSION = '13'

/**
 * Why a client's head is refused, at home and at the gateway: the Host field, the framing of the body, the handshake of
 * a WebSocket. Undefined if these are correct.
 */
export function headFault(head: RawHead): HeadFault | undefined {
  const { version, fields } = head
  if (version !== '1.1' && version !== '1.0') {
    return { code: 'INVALID_REQUEST', message: 'The request line is not one of HTTP/1.1' }
  }
  const hosts = valuesOf(fields, 'host')
  // RFC 9112, section 3.2.
  if (hosts.length === 0 || hosts[0] === '') return invalid('The request has no Host header')
  if (hosts.length > 1) return invalid('Host came more than once')
  return framingFault(head) ?? (asksForWebSocket(head) ? handshakeFault(fields) : undefined)
}

/** Whether a request asks for a WebSocket (RFC 6455, section 4.2.1), with a handshake or without one. */
export function asksForWebSocket({ method, version, fields }: RawHead): boolean {
  return (
    method === 'GET' &&
    version === '1.1' &&
    lists(fields, 'upgrade', 'websocket') &&
    lists(fields, 'connection', 'upgrade')
  )
}

export function valuesOf(fields: readonly RawField[], name: string): string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value)
}

/** Whether a list field has a token, ignoring case. */
export function lists(fields: readonly RawField[], name: string, token: string): boolean {
  return valuesOf(fields, name).some((value) =>
    value.split(',').some((part) => part.trim().toLowerCase() === token),
  )
}

/** RFC 9112, sections 6.1 and 6.3: one length, or `chunked` alone. */
function framingFault({ version, fields }: RawHead): HeadFault | undefined {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (codings.length > 0) {
    const isChunked = codings.length === 1 && codings[0]?.toLowerCase() === 'chunked'
    if (version === '1.0' || !isChunked) return invalid('Transfer-Encoding is not chunked')
    if (lengths.length === 0) return undefined
    return invalid('Content-Length came together with Transfer-Encoding')
  }
  if (lengths.length > 1) return invalid('Content-Length came more than once')
  const [length] = lengths
  if (length === undefined || isContentLength(length)) return undefined
  return invalid('Content-Length is not one number')
}

function handshakeFault(fields: readonly RawField[]): HeadFault | undefined {
  const [version] = valuesOf(fields, 'sec-websocket-version')
  const keys = valuesOf(fields, 'sec-websocket-key')
  // No handshake: a plain request, whose upgrade may be ignored (RFC 9110, section 7.8).
  if (version === undefined && keys.length === 0) return undefined
  // RFC 6455, section 4.4.
  if (version !== undefined && version !== WEBSOCKET_VERSION) {
    return {
      code: 'UPGRADE_REQUIRED',
      message: `The version of the WebSocket is not ${WEBSOCKET_VERSION}`,
      headers: { 'sec-websocket-version': WEBSOCKET_VERSION },
    }
  }
  const isWhole = version !== undefined && keys.length === 1 && WEBSOCKET_KEY.test(keys[0] ?? '')
  return isWhole ? undefined : invalid('The handshake of the WebSocket is not whole')
}

function invalid(message: string): HeadFault {
  return { code: 'INVALID_HEADERS', message }
}
