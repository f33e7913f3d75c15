import { cleanRequestHeaders, isHeaderFault } from '../../protocol/header-hygiene.ts'
import type { HeaderList, RequestHead } from '../../protocol/heads.ts'
import type { ProblemCode } from '../../protocol/problem.ts'
import { checkTarget } from '../../protocol/request-target.ts'
import { valuesToBytes } from '../header-bytes.ts'
import type { Settings } from '../settings.ts'
import { checkHost } from './public-host.ts'

/** A request that may cross, apart from its bearer; or why not. */
export type PublicRequest =
  | { readonly head: RequestHead; readonly authorization: string | undefined }
  | { readonly code: ProblemCode; readonly message: string }

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
  settings: Settings,
  requestId: string,
): PublicRequest {
  const { method } = request
  if (!METHODS.has(method)) {
    return { code: 'METHOD_NOT_ALLOWED', message: `${method} is not relayed` }
  }
  const given = valuesToBytes(request.headers)
  const fault = checkHost(host, valueOf(given, 'host'), scheme) ?? checkTarget(target)
  if (fault !== undefined) return fault
  const upgrade = method === 'GET' && valueOf(given, 'upgrade')?.toLowerCase() === 'websocket'
  const headers = cleanRequestHeaders(given, { upgrade })
  if (isHeaderFault(headers)) return headers
  const client = clientAddress(given, settings)
  return {
    head: {
      method,
      target,
      // The daemon learns the public host from `host` below: one source, not two that could differ.
      headers: headers.filter(
        ([name]) =>
          name !== 'host' &&
          name !== settings.clientAddressHeader &&
          (name !== 'content-length' || hasBody(method)),
      ),
      host,
      scheme,
      request_id: requestId,
      ...(client === undefined ? {} : { client }),
      ...(upgrade ? { upgrade: 'websocket' as const } : {}),
    },
    authorization: valueOf(given, 'authorization'),
  }
}

/** The runtime gives each name once and in lower case; asking its Headers again would cost more. */
function valueOf(list: HeaderList, name: string): string | undefined {
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

/** Only what the named proxy in front says, and only if it reads like one address. */
function clientAddress(given: HeaderList, settings: Settings): string | undefined {
  if (settings.clientAddressHeader === undefined) return undefined
  const value = valueOf(given, settings.clientAddressHeader)?.trim()
  return value !== undefined && /^[0-9a-fA-F.:]{2,45}$/.test(value) ? value : undefined
}
