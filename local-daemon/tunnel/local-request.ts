import { GATEWAY_HEADERS } from '../../protocol/gateway-headers.ts'
import type { RequestHead } from '../../protocol/heads.ts'
import type { RequestFacts } from '../http/request-facts.ts'

/** The head as the app's request. The gateway's facts become the forwarded headers, never the client's. */
export function localRequest(
  head: RequestHead,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Request {
  const headers = new Headers(head.headers as [string, string][])
  headers.set(GATEWAY_HEADERS.forwardedHost, head.host)
  headers.set(GATEWAY_HEADERS.forwardedProto, head.scheme)
  headers.set(GATEWAY_HEADERS.requestId, head.request_id)
  if (head.client !== undefined) headers.set(GATEWAY_HEADERS.forwardedFor, head.client)
  return new Request(`${head.scheme}://${head.host}${head.target}`, {
    method: head.method,
    headers,
    signal,
    ...(body === null ? {} : { body, duplex: 'half' }),
  })
}

/** What the daemon itself knows about a request of the tunnel. */
export function tunnelFacts(head: RequestHead): RequestFacts {
  return {
    via: 'tunnel',
    publicHost: head.host,
    requestId: head.request_id,
    ...(head.client === undefined ? {} : { clientAddress: head.client }),
  }
}
