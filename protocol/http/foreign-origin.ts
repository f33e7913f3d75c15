import type { CorsRequest } from './cors.ts'

/**
 * Whether a page of another origin made the request, as far as its browser tells. CORS keeps answers from such a
 * page, but its request arrives all the same, and on loopback that is a page reaching into the machine.
 *
 * An `Origin` decides if it is there (Fetch sends it with every CORS request, WebSocket handshake, and with whatever
 * is not GET or HEAD): foreign, unless it is `<scheme>://<Host>` or allowed, to the letter. Without one
 * `Sec-Fetch-Site` does (W3C Fetch Metadata): foreign from another site and from another origin of the same site
 * (another port of localhost), except for a link that someone follows. Programs send neither.
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
