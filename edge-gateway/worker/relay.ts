import { isAnonymousTarget } from '../../protocol/anonymous-routes.ts'
import { problemResponse } from '../problem-response.ts'
import type { Settings } from '../settings.ts'
import { HEAD_HEADER, headerSafe, relayUrl } from '../tunnel/internal.ts'
import { checkBearer, type BearerFault } from './bearer.ts'
import { hasBody, readPublicRequest } from './public-request.ts'

/** Lets a public request through to the object, or answers it here: form first, then the bearer. */
export async function relay(
  request: Request,
  settings: Settings,
  object: () => Fetcher,
): Promise<Response> {
  const requestId = crypto.randomUUID()
  const read = readPublicRequest(request, settings, requestId)
  if ('code' in read) return problemResponse(read.code, read.message, { requestId })
  const { head, authorization } = read
  if (isPreflight(request)) {
    return problemResponse('ORIGIN_NOT_ALLOWED', 'No origin may call this host from a browser', {
      requestId,
    })
  }
  if (authorization !== undefined || !isAnonymousTarget(head.target)) {
    const checked = checkBearer(authorization, settings.ownerKey)
    const fault = checked instanceof Promise ? await checked : checked
    if (fault !== undefined) return refuseBearer(fault, requestId)
  }
  const upgrade = head.upgrade !== undefined
  const headers: Record<string, string> = { [HEAD_HEADER]: headerSafe(JSON.stringify(head)) }
  if (upgrade) headers['upgrade'] = 'websocket'
  return object().fetch(relayUrl({ upgrade, requestId }), {
    method: head.method,
    headers,
    body: hasBody(head.method) ? request.body : null,
    // Redirects are the daemon's answer to the client, not an order to this Worker.
    redirect: 'manual',
  })
}

function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && request.headers.has('access-control-request-method')
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
