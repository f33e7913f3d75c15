import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import { pathOf } from '../../../protocol/http/route-access.ts'
import type { RequestHead } from '../../../protocol/tunnel/heads.ts'
import type { RequestFacts } from '../../access/request-facts.ts'

/**
 * The head as the app's request. The gateway's facts become the forwarded headers, never the client's.
 * @returns undefined for a head that makes no request, or another one than it says: with the host `a/b?`
 *   the app would route to a path that nobody has checked
 */
export function localRequest(
  head: RequestHead,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Request | undefined {
  try {
    const headers = new Headers(head.headers as [string, string][])
    headers.set(GATEWAY_HEADERS.forwardedHost, head.host)
    headers.set(GATEWAY_HEADERS.forwardedProto, head.scheme)
    headers.set(GATEWAY_HEADERS.requestId, head.request_id)
    // It is the gateway's word to the daemon, and no part of the client's request.
    headers.delete(GATEWAY_HEADERS.resume)
    if (head.client !== undefined) headers.set(GATEWAY_HEADERS.forwardedFor, head.client)
    const request = new Request(`${head.scheme}://${head.host}${head.target}`, {
      method: head.method,
      headers,
      // A body of GET or HEAD means nothing (RFC 9110, section 9.3.1), and a Request cannot have one.
      ...(body === null || BODILESS.has(head.method) ? {} : { body, duplex: 'half' }),
    })
    // Given to the constructor, Node's Request would follow it by a weak reference, and forget it when the
    // app keeps only the signal; and following costs more than all the rest of the request.
    Object.defineProperty(request, 'signal', { value: signal })
    return originOf(request.url) + asParsed(head.target) === request.url ? request : undefined
  } catch {
    return undefined
  }
}

const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** A URL parser encodes the apostrophes of a query, which mean the same either way (WHATWG URL, "special-query"). */
function asParsed(target: string): string {
  const path = pathOf(target)
  return target.includes("'", path.length)
    ? path + target.slice(path.length).replaceAll("'", '%27')
    : target
}

/** Everything before the path. */
function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', url.indexOf('://') + 3))
}

/** What the daemon itself knows about a request of the tunnel. */
export function tunnelFacts(head: RequestHead): RequestFacts {
  const resume = head.headers.find(([name]) => name === GATEWAY_HEADERS.resume)?.[1]
  return {
    via: 'tunnel',
    publicHost: head.host,
    requestId: head.request_id,
    ...(head.client === undefined ? {} : { clientAddress: head.client }),
    ...(resume === undefined ? {} : { resume }),
  }
}
