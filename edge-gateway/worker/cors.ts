import { type CorsPolicy, decideCors } from '../../protocol/http/cors.ts'
import { refuse, type RefusedRequest, type Refusal } from '../refusal.ts'
import { CORS_URL } from '../tunnel/internal.ts'
import { NO_ORIGIN } from '../tunnel/refusals.ts'
import { KnownOrigins } from './known-origins.ts'

/** What a preflight may ask; everything else of it means nothing. */
const ASKED = [
  'origin',
  'access-control-request-method',
  'access-control-request-private-network',
  'access-control-request-local-network',
] as const

const origins = new KnownOrigins()

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
 * @param objectName what is known of each object is known of it alone
 */
export function refuseReadably(
  refusal: Refusal,
  asked: RefusedRequest,
  request: Request,
  objectName: string,
  object: () => Fetcher,
): Response | Promise<Response> {
  const origin = request.headers.get('origin')
  const known = origin === null ? undefined : origins.of(objectName, origin, object, Date.now())
  const say = (policy: CorsPolicy | undefined) => {
    const fields =
      policy === undefined
        ? {}
        : decideCors({ method: 'GET', headers: request.headers }, policy).headers
    return refuse(refusal, { ...asked, cors: () => ({ ...VARY, ...fields }) })
  }
  return known instanceof Promise ? known.then(say) : say(known)
}

const VARY = { vary: 'Origin' } as const
