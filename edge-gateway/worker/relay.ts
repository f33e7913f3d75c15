import { isAnonymousTarget } from '../../protocol/anonymous-routes.ts'
import type { RequestHead } from '../../protocol/heads.ts'
import { problemResponse } from '../problem-response.ts'
import type { Settings } from '../settings.ts'
import { HEAD_HEADER, headerSafe, relayUrl, type RelayedKind } from '../tunnel/internal.ts'
import { checkBearer, type BearerFault } from './bearer.ts'
import { readPublicRequest, type PublicUrl } from './public-request.ts'

/** Lets a public request through to the object, or answers it here: form first, then the bearer. */
export function relay(
  request: Request,
  url: PublicUrl,
  settings: Settings,
  object: () => Fetcher,
): Response | Promise<Response> {
  const requestId = crypto.randomUUID()
  const read = readPublicRequest(request, url, settings, requestId)
  if ('code' in read) return problemResponse(read.code, read.message, { requestId })
  const { head, authorization } = read
  if (isPreflight(head.method, request)) {
    return problemResponse('ORIGIN_NOT_ALLOWED', 'No origin may call this host from a browser', {
      requestId,
    })
  }
  const forward = () => forwardToObject(request, head, object())
  if (authorization === undefined && isAnonymousTarget(head.target)) return forward()
  const checked = checkBearer(authorization, settings.ownerKey)
  if (checked === undefined) return forward()
  return checked instanceof Promise ? checked.then(decide) : refuseBearer(checked, requestId)

  function decide(fault: BearerFault | undefined): Response | Promise<Response> {
    return fault === undefined ? forward() : refuseBearer(fault, requestId)
  }
}

function forwardToObject(request: Request, head: RequestHead, object: Fetcher): Promise<Response> {
  const kind = kindOf(head)
  const headers: Record<string, string> = { [HEAD_HEADER]: headerSafe(JSON.stringify(head)) }
  if (kind === 'websocket') headers['upgrade'] = 'websocket'
  const url = relayUrl({ kind, requestId: head.request_id })
  // Redirects are the daemon's answer to the client, not an order to this Worker.
  const { method } = head
  if (kind !== 'body') return object.fetch(url, { method, headers, redirect: 'manual' })
  return object.fetch(url, { method, headers, body: request.body, redirect: 'manual' })
}

function kindOf({ method, upgrade }: RequestHead): RelayedKind {
  if (upgrade !== undefined) return 'websocket'
  if (method === 'GET') return 'bare'
  return method === 'HEAD' ? 'head' : 'body'
}

function isPreflight(method: string, request: Request): boolean {
  return method === 'OPTIONS' && request.headers.has('access-control-request-method')
}

function refuseBearer(fault: BearerFault, requestId: string): Response {
  if (fault === 'missing') {
    return problemResponse('AUTH_REQUIRED', 'This request needs a bearer', {
      requestId,
      try: 'send the header Authorization: Bearer spl_…',
    })
  }
  const message =
    fault === 'malformed'
      ? 'The Authorization header does not hold a bearer of the form spl_<env>_<account>_<secret>'
      : 'The bearer was not issued by the instance behind this host'
  return problemResponse('AUTH_INVALID', message, {
    requestId,
    try: 'ask the owner of this host for a bearer of their instance',
  })
}
