import type { RouteAccess } from '../../protocol/http/route-access.ts'
import type { RequestHead } from '../../protocol/tunnel/heads.ts'
import type { PublicRequest } from '../door/public-request.ts'
import {
  HEAD_HEADER,
  headerSafe,
  relayUrl,
  type Relayed,
  type RelayedKind,
} from '../internal/relayed.ts'
import { askedThread } from './asked-thread.ts'
import { routeBits } from './route-bits.ts'

/** Whose request it is, what for, and which object it goes to. */
export interface Sender extends Pick<Relayed, 'tokenId' | 'stranger' | 'origin'> {
  readonly request: Request
  readonly access: RouteAccess | undefined
  readonly object: Fetcher
}

const BRIDGED: ReadonlySet<RelayedKind> = new Set(['websocket', 'events', 'feed', 'resume'])

/** Sends a request that was let in to the object: its head, and its body if there may be one. */
export function sendToObject(
  { head, bodyBytes }: PublicRequest,
  kind: RelayedKind,
  { request, access, object, tokenId, stranger, origin }: Sender,
): Promise<Response> {
  const headers: Record<string, string> = { [HEAD_HEADER]: headerSafe(JSON.stringify(head)) }
  if (BRIDGED.has(kind)) headers['upgrade'] = 'websocket'
  const url = relayUrl({
    kind,
    tokenId,
    stranger,
    origin,
    scopes: routeBits(access),
    bodyBytes: access === undefined ? 0 : bodyBytes,
    anyLength: access?.anyLength === true,
    requestId: head.request_id,
    thread: tokenId === undefined ? undefined : askedThread(head, access),
  })
  // Redirects are the daemon's answer to the client, not an order to this Worker.
  const { method } = head
  if (kind !== 'body') return object.fetch(url, { method, headers, redirect: 'manual' })
  return object.fetch(url, { method, headers, body: request.body, redirect: 'manual' })
}

/** How a request that is no event stream is relayed. */
export function kindOf({ method, upgrade }: RequestHead): RelayedKind {
  if (upgrade !== undefined) return 'websocket'
  if (method === 'GET') return 'bare'
  return method === 'HEAD' ? 'head' : 'body'
}
