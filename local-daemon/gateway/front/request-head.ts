import {
  asksForWebSocket,
  type HeadFault,
  headFault,
  lists,
  type RawField,
  valuesOf,
} from '../../../protocol/http/head-rules.ts'
import { routeAccess } from '../../../protocol/http/route-access.ts'
import { TUNNEL_PATH } from '../../../protocol/tunnel/version.ts'

/** How the body of a request is framed (RFC 9112, section 6.3): chunked, or so many bytes. */
export type BodyFraming = 'chunked' | number

/** What a WebSocket is for: the daemon's tunnel, a feed whose client sends nothing, or another use of home. */
export type WebSocketUse = 'tunnel' | 'feed' | 'other'

/** A request of HTTP/1.0, to be sent as one of HTTP/1.1. */
export interface OldHead {
  readonly method: string
  readonly target: string
  /** Names and values in turn, with the front's own; a byte a character. */
  readonly fields: readonly string[]
}

export interface RequestHead {
  /** The head as it goes on to workerd, with the empty line at its end. */
  readonly bytes: Buffer
  readonly body: BodyFraming
  /** A WebSocket handshake: what follows its answer may not be HTTP. */
  readonly webSocket: WebSocketUse | undefined
  /** It asks for an event stream, whose client gives up after a refusal. */
  readonly events: boolean
  /** Of a client of HTTP/1.0, whose connection has no other request. */
  readonly old: OldHead | undefined
}

/** Fields that only the front may send to the Worker; a client's are dropped. */
export const CLIENT_ADDRESS_FIELD = 'x-spl-client-address'
export const SCHEME_FIELD = 'x-spl-scheme'

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']
const ALLOW = { allow: METHODS.join(', ') }
/** Path, `*`, or the absolute form with a host (RFC 9112, section 3.2). */
const TARGET = /^(?:\/|\*$|https?:\/\/[^/?#])/i

/**
 * Parses a request's head as strictly as RFC 9112 allows, so that the front and workerd never see two different
 * requests in the same bytes: lines end in CRLF, a length is one number, `chunked` is the only coding. Field values pass
 * unchanged. What changes: several `Cookie` lines become one (RFC 6265, section 5.4), an `Upgrade` to
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
    return { code: 'METHOD_NOT_ALLOWED', message: 'This is no proxy', headers: ALLOW }
  }
  // The runtime would answer in words of its own.
  if (!METHODS.includes(method)) {
    return { code: 'METHOD_NOT_ALLOWED', message: 'The method is not relayed', headers: ALLOW }
  }
  if (!TARGET.test(target))
    return { code: 'INVALID_TARGET', message: 'The request target has no host' }
  const fields = readFields(lines)
  if (fields === undefined) return invalid('A header line is malformed')
  const head = { method, version: `1.${minor}`, fields }
  const fault = headFault(head)
  if (fault !== undefined) return fault
  const body = framing(fields)
  const shakesHands = valuesOf(fields, 'sec-websocket-key').length > 0
  const webSocket = shakesHands && asksForWebSocket(head)
  const isOld = minor === '0'
  const passed = `${keptLines(fields, webSocket, isOld)}${own}`
  return {
    bytes: Buffer.from(`${method} ${target} HTTP/1.${minor}\r\n${passed}\r\n`, 'latin1'),
    body,
    webSocket: webSocket ? useOf(target) : undefined,
    events: method === 'GET' && lists(fields, 'accept', 'text/event-stream'),
    old: isOld ? { method, target, fields: namesAndValues(passed) } : undefined,
  }
}

interface Field extends RawField {
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

function framing(fields: readonly Field[]): BodyFraming {
  if (valuesOf(fields, 'transfer-encoding').length > 0) return 'chunked'
  return Number(valuesOf(fields, 'content-length')[0] ?? 0)
}

function useOf(target: string): WebSocketUse {
  if (target === TUNNEL_PATH) return 'tunnel'
  return routeAccess('GET', target)?.events === 'feed' ? 'feed' : 'other'
}

function keptLines(fields: readonly Field[], webSocket: boolean, isOld: boolean): string {
  const cookies = valuesOf(fields, 'cookie')
  let kept = ''
  for (const { name, value, line } of fields) {
    if (name === CLIENT_ADDRESS_FIELD || name === SCHEME_FIELD) continue
    if (name === 'upgrade' && !webSocket) continue
    // Its answer may have no length. It ends with the connection, so the connection is not announced as kept.
    if (isOld && name === 'connection' && value.toLowerCase() === 'keep-alive') continue
    // An extension would change what frames mean.
    if (name === 'sec-websocket-extensions') continue
    if (name === 'cookie' && cookies.length > 1) continue
    kept += `${line}\r\n`
  }
  return cookies.length > 1 ? `${kept}Cookie: ${cookies.join('; ')}\r\n` : kept
}

function namesAndValues(lines: string): string[] {
  return lines
    .split('\r\n')
    .slice(0, -1)
    .flatMap((line) => FIELD.exec(line)?.slice(1) ?? [])
}

function invalid(message: string): HeadFault {
  return { code: 'INVALID_REQUEST', message }
}
