import { LIMITS } from '../../protocol/limits.ts'
import { RateBuckets } from '../rate-buckets.ts'
import { refuse, type RefusedRequest, type Refusal } from '../refusal.ts'
import { CORS_URL } from '../tunnel/internal.ts'
import { NO_ORIGIN } from '../tunnel/refusals.ts'

/** What a preflight may ask; everything else of it means nothing. */
const ASKED = [
  'origin',
  'access-control-request-method',
  'access-control-request-private-network',
  'access-control-request-local-network',
] as const

/**
 * Questions about origins that refusals may ask the object: a flood of forged bearers with an `Origin` must not
 * become a flood of requests to the object. Beyond it a refusal is not readable by its page, and still a refusal.
 */
const LOOKUPS = { perSecond: 10, burst: 50 } as const
/** Hostnames counted at once. */
const lookups = new RateBuckets(LIMITS.gatewayHostnames)

/** A preflight, answered by the object's policy: before any bearer, and without home. */
export async function answerPreflight(
  request: Request,
  asked: RefusedRequest,
  object: () => Fetcher,
): Promise<Response> {
  const headers: Record<string, string> = {}
  for (const name of ASKED) {
    const value = request.headers.get(name)
    if (value !== null) headers[name] = value
  }
  const answer = await object().fetch(CORS_URL, { method: 'OPTIONS', headers })
  const fields = Object.fromEntries(answer.headers)
  if (answer.status !== 204) return refuse(NO_ORIGIN, { ...asked, cors: () => fields })
  return new Response(null, {
    status: 204,
    headers: { ...fields, 'x-request-id': asked.requestId },
  })
}

/**
 * A refusal made without the object, which alone knows whether the page that asked may read it.
 * @param objectName each object is asked so often, whatever is asked of the others
 */
export function refuseReadably(
  refusal: Refusal,
  asked: RefusedRequest,
  request: Request,
  objectName: string,
  object: () => Fetcher,
): Response | Promise<Response> {
  const origin = request.headers.get('origin')
  if (origin === null || lookups.take(objectName, LOOKUPS, Date.now()) > 0) {
    return refuse(refusal, { ...asked, cors: () => VARY })
  }
  return object()
    .fetch(CORS_URL, { headers: { origin } })
    .then((answer) => ({ ...VARY, ...Object.fromEntries(answer.headers) }))
    .catch(() => VARY)
    .then((fields) => refuse(refusal, { ...asked, cors: () => fields }))
}

const VARY = { vary: 'Origin' } as const
