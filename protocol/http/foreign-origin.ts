import type { CorsRequest } from './cors.ts'

/**
 * Whether a page of another origin made the request, as far as its browser tells. CORS keeps the answer from such a
 * page, but its request still arrives, and on loopback that is a page reaching into the machine.
 *
 * If there is an `Origin`, it decides (Fetch sends it with every CORS request, every WebSocket handshake, and every
 * method but GET and HEAD): foreign, unless it is exactly `<scheme>://<Host>` or allowed. Without one `Sec-Fetch-Site`
 * decides (W3C Fetch Metadata): foreign from another site and from another origin of the same site (another port of
 * localhost), except for a link that someone follows. Programs send neither.
 *
 * The Host header must have been checked before: a page whose name was rebound to this machine has that name as its
 * own origin.
 * @param allowed the origins of a `CorsPolicy`, or any set
 */
export function isForeignOrigin(
  request: CorsRequest,
  scheme: 'http' | 'https',
  allowed: { has(origin: string): boolean },
): boolean {
  const { headers } = request
  const origin = headers.get('origin')
  if (origin !== null) {
    const host = headers.get('host')
    const own = host !== null && origin === `${scheme}://${host}`
    return !own && !allowed.has(origin)
  }
  const site = headers.get('sec-fetch-site')
  if (site !== 'cross-site' && site !== 'same-site') return false
  return !isTopLevelVisit(request)
}

/** A link, a bookmark or a form by GET that fills a tab. The same in a frame has another destination. */
function isTopLevelVisit({ method, headers }: CorsRequest): boolean {
  if (method !== 'GET' || headers.get('sec-fetch-mode') !== 'navigate') return false
  return (headers.get('sec-fetch-dest') ?? 'document') === 'document'
}
