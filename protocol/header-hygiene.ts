import { checkFields, headerFault, isToken } from './header-field.ts'
import type { HeaderFault, HeaderList } from './header-field.ts'

export { isHeaderFault } from './header-field.ts'
export type { HeaderFault, HeaderList } from './header-field.ts'

export interface HygieneOptions {
  /** A WebSocket upgrade: the relay makes the handshake itself, only the subprotocol passes. */
  readonly upgrade?: boolean
}

/** Fields that speak to the next hop only (RFC 9110, section 7.6.1), and `Expect`, answered hop by hop. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** What only the gateway may say to the daemon about a request. */
const GATEWAY_ONLY = new Set(['forwarded', 'true-client-ip', 'x-real-ip', 'x-request-id'])
const GATEWAY_ONLY_PREFIXES = ['cf-', 'x-forwarded-', 'x-spl-']
/** A second one of these would let two parsers each see another request. */
const SINGLE = ['host', 'content-length', 'authorization']
/** One element of a list between its blanks. The parts exclude each other, so this takes linear time. */
const OPTION = /^[ \t]*([^ \t]*)[ \t]*$/
/** No sign, blank, list or leading zero, and far below 2^53. */
const LENGTH = /^(?:0|[1-9][0-9]{0,14})$/

/**
 * The request's headers that may cross to the daemon, in order, bytes unchanged. Whatever `Connection`
 * names goes first, then hop-by-hop fields, then what only the gateway may say: in this order a client
 * can neither keep a forged field nor have one of the gateway's removed (CVE-2024-45410), because the
 * gateway sets its own afterwards. Framing is the tunnel's: `Content-Length` is only a promise to check.
 */
export function cleanRequestHeaders(
  list: HeaderList,
  options: HygieneOptions = {},
): HeaderList | HeaderFault {
  const fault = checkFields(list) ?? checkSingle(list) ?? checkFraming(list)
  if (fault !== undefined) return fault
  const named = namesInConnection(list)
  if ('code' in named) return named
  return list.filter(([name]) => {
    const lower = name.toLowerCase()
    return !named.has(lower) && !isHopByHop(lower, options) && !isGatewayOnly(lower)
  })
}

/**
 * The answer's headers that may cross to the client, in order, bytes unchanged; several `Set-Cookie`
 * stay several. `Content-Length` stays only if it is one valid number, for then the far side can
 * notice a truncated body; else it goes, and the tunnel's own end of stream counts.
 */
export function cleanResponseHeaders(
  list: HeaderList,
  options: HygieneOptions = {},
): HeaderList | HeaderFault {
  const fault = checkFields(list)
  if (fault !== undefined) return fault
  const named = namesInConnection(list)
  if ('code' in named) return named
  const lengthHolds = checkFraming(list) === undefined && checkSingle(list) === undefined
  return list.filter(([name]) => {
    const lower = name.toLowerCase()
    if (lower === 'content-length' && !lengthHolds) return false
    return !named.has(lower) && !isHopByHop(lower, options)
  })
}

/** Lower-case names that `Connection` lists, or a fault if it lists something that is no name. */
function namesInConnection(list: HeaderList): ReadonlySet<string> | HeaderFault {
  const names = new Set<string>()
  for (const [name, value] of list) {
    if (name.toLowerCase() !== 'connection') continue
    for (const part of value.split(',')) {
      const option = OPTION.exec(part)?.[1]
      if (option === '') continue
      if (option === undefined || !isToken(option))
        return headerFault('INVALID_HEADERS', name, 'lists what is not a name')
      names.add(option.toLowerCase())
    }
  }
  return names
}

function isHopByHop(lower: string, options: HygieneOptions): boolean {
  if (HOP_BY_HOP.has(lower) || lower.startsWith('proxy-')) return true
  if (options.upgrade !== true) return false
  return lower.startsWith('sec-websocket-') && lower !== 'sec-websocket-protocol'
}

function isGatewayOnly(lower: string): boolean {
  return GATEWAY_ONLY.has(lower) || GATEWAY_ONLY_PREFIXES.some((prefix) => lower.startsWith(prefix))
}

function checkSingle(list: HeaderList): HeaderFault | undefined {
  for (const single of SINGLE) {
    const found = list.filter(([name]) => name.toLowerCase() === single)
    if (found.length > 1) return headerFault('INVALID_HEADERS', single, 'came more than once')
  }
  return undefined
}

/** RFC 9112, section 6.3: a length beside a transfer coding is an attempt to smuggle. */
function checkFraming(list: HeaderList): HeaderFault | undefined {
  const length = list.find(([name]) => name.toLowerCase() === 'content-length')
  if (length === undefined) return undefined
  if (!LENGTH.test(length[1])) {
    return headerFault('INVALID_HEADERS', 'content-length', 'is not one number')
  }
  if (list.some(([name]) => name.toLowerCase() === 'transfer-encoding')) {
    return headerFault('INVALID_HEADERS', 'content-length', 'came together with Transfer-Encoding')
  }
  return undefined
}
