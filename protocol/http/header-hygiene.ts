import { checkFields, headerFault, isToken } from './header-field.ts'
import type { HeaderFault, HeaderList } from './header-field.ts'

export { isHeaderFault } from './header-field.ts'
export type { HeaderFault, HeaderList } from './header-field.ts'

export interface HygieneOptions {
  /** A WebSocket upgrade: the relay makes the handshake itself, only the subprotocol passes. */
  readonly upgrade?: boolean
}

/** What happens to a field on its way, by lower-case name. */
type Treatment = 'hop-by-hop' | 'gateway-only' | 'single' | 'length' | 'connection' | 'coding'

const TREATMENTS: ReadonlyMap<string, Treatment> = new Map<string, Treatment>([
  // Fields that speak to the next hop only (RFC 9110, section 7.6.1), and `Expect`, answered hop by hop.
  ['connection', 'connection'],
  ['transfer-encoding', 'coding'],
  ...['expect', 'http2-settings', 'keep-alive', 'te', 'trailer', 'upgrade'].map(
    (name) => [name, 'hop-by-hop'] as const,
  ),
  // What only the gateway may tell the daemon about a request.
  ...['forwarded', 'true-client-ip', 'x-real-ip', 'x-request-id'].map(
    (name) => [name, 'gateway-only'] as const,
  ),
  // A second one of these would let two parsers each see another request.
  ['host', 'single'],
  ['authorization', 'single'],
  ['content-length', 'length'],
])
/** No sign, blank, list or leading zero, and far below 2^53. */
const LENGTH = /^(?:0|[1-9][0-9]{0,14})$/

/** Whether a text is the one number that `Content-Length` may be. */
export function isContentLength(text: string): boolean {
  return LENGTH.test(text)
}

/**
 * The request's headers that may cross to the daemon, in order, bytes unchanged. First go the fields that `Connection`
 * names, then hop-by-hop fields, then those that only the gateway may set. In this order a client can neither keep a
 * forged field nor have one of the gateway's removed (CVE-2024-45410), because the gateway sets its own afterwards.
 * Framing is the tunnel's: `Content-Length` is only a promise to check.
 */
export function cleanRequestHeaders(
  list: HeaderList,
  options: HygieneOptions = {},
): HeaderList | HeaderFault {
  const sorted = sort(list, options)
  if ('code' in sorted) return sorted
  if (sorted.repeated !== undefined) {
    return headerFault('INVALID_HEADERS', sorted.repeated, 'came more than once')
  }
  if (sorted.length !== undefined && !LENGTH.test(sorted.length)) {
    return headerFault('INVALID_HEADERS', 'content-length', 'is not one number')
  }
  // RFC 9112, section 6.3: a length together with a transfer coding is an attempt to smuggle.
  if (sorted.length !== undefined && sorted.coded) {
    return headerFault('INVALID_HEADERS', 'content-length', 'came together with Transfer-Encoding')
  }
  return withoutNamed(sorted.crossing, sorted.connection)
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
  const sorted = sort(list, options, 'response')
  if ('code' in sorted) return sorted
  const { length, coded, repeated } = sorted
  const lengthHolds = length === undefined || (LENGTH.test(length) && !coded && !repeated)
  const crossing = lengthHolds
    ? sorted.crossing
    : sorted.crossing.filter(([name]) => name.toLowerCase() !== 'content-length')
  return withoutNamed(crossing, sorted.connection)
}

interface Sorted {
  /** Fields that cross unless `Connection` names them. */
  readonly crossing: (readonly [name: string, value: string])[]
  readonly connection: HeaderList
  readonly length: string | undefined
  readonly coded: boolean
  /** A field that may come once and came again. */
  readonly repeated: string | undefined
}

/** One pass over the list: this runs twice for each relayed request. */
function sort(
  list: HeaderList,
  options: HygieneOptions,
  direction: 'request' | 'response' = 'request',
): Sorted | HeaderFault {
  const fault = checkFields(list)
  if (fault !== undefined) return fault
  const crossing: (readonly [string, string])[] = []
  const connection: (readonly [string, string])[] = []
  const seen = new Set<string>()
  let length: string | undefined
  let coded = false
  let repeated: string | undefined
  for (const field of list) {
    const lower = field[0].toLowerCase()
    const treatment = TREATMENTS.get(lower) ?? byPrefix(lower, options)
    if (treatment === undefined) crossing.push(field)
    else if (treatment === 'connection') connection.push(field)
    else if (treatment === 'coding') coded = true
    else if (treatment === 'single' || treatment === 'length') {
      if (seen.has(lower)) repeated ??= lower
      seen.add(lower)
      if (treatment === 'length') length ??= field[1]
      crossing.push(field)
    } else if (treatment === 'gateway-only' && direction === 'response') crossing.push(field)
  }
  return { crossing, connection, length, coded, repeated }
}

function byPrefix(lower: string, options: HygieneOptions): Treatment | undefined {
  if (lower.startsWith('x-')) {
    return lower.startsWith('x-forwarded-') || lower.startsWith('x-spl-')
      ? 'gateway-only'
      : undefined
  }
  if (lower.startsWith('cf-')) return 'gateway-only'
  if (lower.startsWith('proxy-')) return 'hop-by-hop'
  if (options.upgrade !== true || !lower.startsWith('sec-websocket-')) return undefined
  return lower === 'sec-websocket-protocol' ? undefined : 'hop-by-hop'
}

/** Removes what `Connection` lists; a fault if it lists something that is not a name. */
function withoutNamed(crossing: HeaderList, connection: HeaderList): HeaderList | HeaderFault {
  if (connection.length === 0) return crossing
  const named = new Set<string>()
  for (const [name, value] of connection) {
    for (const part of value.split(',')) {
      const option = part.trim()
      if (option === '') continue
      if (!isToken(option)) {
        return headerFault('INVALID_HEADERS', name, 'lists what is not a name')
      }
      named.add(option.toLowerCase())
    }
  }
  return crossing.filter(([name]) => !named.has(name.toLowerCase()))
}
