import { isClientAddress } from '../../protocol/http/client-address.ts'
import { cleanRequestHeaders, isHeaderFault } from '../../protocol/http/header-hygiene.ts'
import type { HeaderList, RequestHead } from '../../protocol/tunnel/heads.ts'
import type { ProblemCode } from '../../protocol/http/problem.ts'
import { checkTarget } from '../../protocol/http/request-target.ts'
import { valuesToBytes } from './header-bytes.ts'
import { checkHost } from './public-host.ts'

/** A request that may cross, apart from its route and its credential. */
export interface PublicRequest {
  readonly head: RequestHead
  readonly authorization: string | undefined
  /** Bytes that the body is announced with; 0: none, or unknown. */
  readonly bodyBytes: number
  /** The client's address, where it can be known. */
  readonly client: string | undefined
}

/** Why a request may not cross. */
export interface RequestFault {
  readonly code: ProblemCode
  readonly message: string
  /** The methods that there are, where it is the method. */
  readonly allow?: string
  readonly client: string | undefined
}

/** Who tells the gateway a client's address. */
export interface AddressSource {
  /** In lower case; undefined: nobody does. */
  readonly clientAddressHeader: string | undefined
}

export interface PublicUrl {
  readonly scheme: 'https' | 'http'
  readonly host: string
  /** Path and query. */
  readonly target: string
}

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
])

/** Reads a public request: its form only, nothing that needs state or a key. */
export function readPublicRequest(
  request: Request,
  { scheme, host, target }: PublicUrl,
  { clientAddressHeader }: AddressSource,
  requestId: string,
): PublicRequest | RequestFault {
  const { method } = request
  const given = valuesToBytes(request.headers)
  const client = clientAddress(valueOf(given, clientAddressHeader))
  if (!METHODS.has(method)) {
    const allow = [...METHODS].join(', ')
    return { code: 'METHOD_NOT_ALLOWED', message: `${method} is not relayed`, allow, client }
  }
  const fault = checkHost(host, valueOf(given, 'host'), scheme) ?? checkTarget(target)
  if (fault !== undefined) return { code: fault.code, message: fault.message, client }
  const upgrade = method === 'GET' && valueOf(given, 'upgrade')?.toLowerCase() === 'websocket'
  const headers = cleanRequestHeaders(given, { upgrade })
  if (isHeaderFault(headers)) return { code: headers.code, message: headers.message, client }
  return {
    head: {
      method,
      target,
      // The daemon learns the public host from `host` below: one source, not two that could differ.
      headers: headers.filter(
        ([name]) =>
          name !== 'host' &&
          name !== clientAddressHeader &&
          (name !== 'content-length' || hasBody(method)),
      ),
      host,
      scheme,
      request_id: requestId,
      ...(client === undefined || client === UNREADABLE ? {} : { client }),
      ...(upgrade ? { upgrade: 'websocket' as const } : {}),
    },
    authorization: valueOf(given, 'authorization'),
    // One number, or it would have been refused above.
    bodyBytes: hasBody(method) ? Number(valueOf(given, 'content-length') ?? 0) : 0,
    client,
  }
}

/** The runtime gives each name once and in lower case; asking its Headers again would cost more. */
function valueOf(list: HeaderList, name: string | undefined): string | undefined {
  for (const field of list) if (field[0] === name) return field[1]
  return undefined
}

/** A body of GET or HEAD means nothing (RFC 9110, section 9.3.1), and `fetch` takes none: it stays here. */
function hasBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/**
 * The URL's parts as the runtime was given them. `new URL` is not asked for the path: it would rewrite
 * dot segments, and what is authorised must be what is relayed.
 */
export function splitUrl(url: string): PublicUrl {
  const authority = url.indexOf('://') + 3
  const slash = url.indexOf('/', authority)
  const query = url.indexOf('?', authority)
  const end = slash === -1 ? (query === -1 ? url.length : query) : slash
  const rest = url.slice(end)
  return {
    scheme: url.startsWith('https:') ? 'https' : 'http',
    host: url.slice(authority, end),
    target: rest.startsWith('/') ? rest : `/${rest}`,
  }
}

/** What a header says that is there and holds no address: it is counted all the same, as one for everybody. */
export const UNREADABLE = 'unreadable'

/** The client of a request that is answered here, by the same rule. */
export function clientOf(
  request: Request,
  { clientAddressHeader: header }: AddressSource,
): string | undefined {
  return clientAddress(header === undefined ? null : request.headers.get(header))
}

/** What the named proxy in front says: an address, `UNREADABLE`, or undefined where it says nothing. */
function clientAddress(value: string | null | undefined): string | undefined {
  const address = value?.trim() ?? ''
  if (address === '') return undefined
  return isClientAddress(address) ? address : UNREADABLE
}
