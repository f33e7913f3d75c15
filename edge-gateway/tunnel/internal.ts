/**
 * How the Worker speaks to the object. Only the binding reaches the object, and the Worker builds each
 * of these requests from nothing, so no client's header can pass for one of them.
 */

/** The request head as JSON (heads.ts): checked once in the Worker, forwarded as it is. */
export const HEAD_HEADER = 'x-spl-head'

const REQUEST_URL = 'https://tunnel/request/'
const WEBSOCKET_URL = 'https://tunnel/websocket/'
export const CONNECT_URL = 'https://tunnel/connect'

/** What the object must know before it looks at anything else of a relayed request. */
export interface RelayedKind {
  readonly upgrade: boolean
  readonly requestId: string
}

/** In the URL and not in fields of their own: every header that is read costs (measured). */
export function relayUrl({ upgrade, requestId }: RelayedKind): string {
  return (upgrade ? WEBSOCKET_URL : REQUEST_URL) + requestId
}

/** Undefined for a URL that `relayUrl` did not make. */
export function readRelayUrl(url: string): RelayedKind | undefined {
  if (url.startsWith(REQUEST_URL)) {
    return { upgrade: false, requestId: url.slice(REQUEST_URL.length) }
  }
  if (!url.startsWith(WEBSOCKET_URL)) return undefined
  return { upgrade: true, requestId: url.slice(WEBSOCKET_URL.length) }
}

/** A verified connect proof as JSON. */
export const CONNECT_HEADER = 'x-spl-connect'

/** JSON with everything beyond ASCII escaped: a header's value is a byte string. */
export function headerSafe(json: string): string {
  return json.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
