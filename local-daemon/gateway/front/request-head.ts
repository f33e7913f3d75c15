import type { ProblemCode } from '../../../protocol/problem.ts'
import { routeAccess } from '../../../protocol/route-access.ts'
import { TUNNEL_PATH } from '../../../protocol/version.ts'

/** How the body of a request is framed (RFC 9112, section 6.3): chunked, or so many bytes. */
export type BodyFraming = 'chunked' | number

/** What a WebSocket is for: the daemon's own, a feed whose client has nothing to say, or whatever home makes of it. */
export type WebSocketUse = 'tunnel' | 'feed' | 'other'

export interface RequestHead {
  /** The head as it goes on to workerd, with the empty line at its end. */
  readonly bytes: Buffer
  readonly body: BodyFraming
  /** A WebSocket handshake: what follows its answer may be no HTTP. */
  readonly webSocket: WebSocketUse | undefined
  /** It asks for an event stream, whose client takes a refusal for the end. */
  readonly events: boolean
}

export interface HeadFault {
  readonly code: ProblemCode
  readonly message: string
  readonly allow?: string
}

/** Fields that only the front may say to the Worker; what a client sends of them is dropped. */
export const CLIENT_ADDRESS_FIELD = 'x-spl-client-address'
export const SCHEME_FIELD = 'x-spl-scheme'

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/
const LENGTH = /^[0-9]{1,15}$/
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY'

/**
 * Reads a request's head as strictly as RFC 9112 allows, so that the front and workerd can never see two different
 * requests in the same bytes: lines end in CRLF, a length is one number, `chunked` stands alone. Field values pass
 * as they are. What changes on the way: several `Cookie` lines become one (RFC 6265, section 5.4), an `Upgrade` to
 * anything but WebSocket is not passed on (RFC 9110, section 7.8), and the front's own fields come last.
 *
 * @param text the head's lines, without the empty line, a byte a character
 * @param own lines of the front's own, each with its CRLF
 */
export function readHead(text: string, own: string): RequestHead | HeadFault {
  const lines = text.split('\r\n')
  const [, method = '', target = '', minor] = REQUEST_LINE.exec(lines[0] ?? '') ?? []
  if (method === '') return invalid('The request line is not one of HTTP/1.1')
  if (method === 'CONNECT') {
    return { code: 'METHOD_NOT_ALLOWED', message: 'This is no proxy', allow: METHODS }
  }
  const fields = readFields(lines)
  if (fields === undefined) return invalid('A header line is malformed')
  const body = framing(fields, minor === '0')
  if (typeof body === 'object') return body
  const webSocket = method === 'GET' && minor === '1' && isHandshake(fields)
  const kept = keptLines(fields, webSocket)
  return {
    bytes: Buffer.from(`${method} ${target} HTTP/1.${minor}\r\n${kept}${own}\r\n`, 'latin1'),
    body,
    webSocket: webSocket ? useOf(target) : undefined,
    events: method === 'GET' && lists(fields, 'accept', 'text/event-stream'),
  }
}

interface Field {
  readonly name: string
  readonly value: string
  readonly line: string
}

function readFields(lines: readonly string[]): Field[] | undefined {
  const fields: Field[] = []
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const [, name, value = ''] = FIELD.exec(line) ?? []
    if (name === undefined) return undefined
    fields.push({ name: name.toLowerCase(), value, line })
  }
  return fields
}

function framing(fields: readonly Field[], isOld: boolean): BodyFraming | HeadFault {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (codings.length > 0) {
    if (isOld || codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
      return invalidHeaders('Transfer-Encoding is not chunked')
    }
    if (lengths.length > 0)
      return invalidHeaders('Content-Length came together with Transfer-Encoding')
    return 'chunked'
  }
  if (lengths.length === 0) return 0
  const [length = ''] = lengths
  if (lengths.length > 1) return invalidHeaders('Content-Length came more than once')
  return LENGTH.test(length) ? Number(length) : invalidHeaders('Content-Length is not one number')
}

/** RFC 6455, section 4.2.1. */
function isHandshake(fields: readonly Field[]): boolean {
  return (
    lists(fields, 'upgrade', 'websocket') &&
    lists(fields, 'connection', 'upgrade') &&
    valuesOf(fields, 'sec-websocket-version')[0] === '13' &&
    valuesOf(fields, 'sec-websocket-key').length === 1
  )
}

function useOf(target: string): WebSocketUse {
  if (target === TUNNEL_PATH) return 'tunnel'
  return routeAccess('GET', target)?.events === 'feed' ? 'feed' : 'other'
}

function keptLines(fields: readonly Field[], webSocket: boolean): string {
  const cookies = valuesOf(fields, 'cookie')
  let kept = ''
  for (const { name, line } of fields) {
    if (name === CLIENT_ADDRESS_FIELD || name === SCHEME_FIELD) continue
    if (name === 'upgrade' && !webSocket) continue
    // An extension would change what frames mean.
    if (name === 'sec-websocket-extensions') continue
    if (name === 'cookie' && cookies.length > 1) continue
    kept += `${line}\r\n`
  }
  return cookies.length > 1 ? `${kept}Cookie: ${cookies.join('; ')}\r\n` : kept
}

function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter((field) => field.name === name).map((field) => field.value)
}

function lists(fields: readonly Field[], name: string, token: string): boolean {
  return valuesOf(fields, name).some((value) =>
    value.split(',').some((part) => part.trim().toLowerCase() === token),
  )
}

function invalid(message: string): HeadFault {
  return { code: 'INVALID_REQUEST', message }
}

function invalidHeaders(message: string): HeadFault {
  return { code: 'INVALID_HEADERS', message }
}
