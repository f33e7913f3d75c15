import { isOrigin } from './origin-form.ts'

/** What CORS is decided by. A `Request` is one; headers are read only when they matter. */
export interface CorsRequest {
  readonly method: string
  readonly headers: { get(name: string): string | null }
}

/** Header fields, names in lower case. Objects are shared between answers and frozen. */
export type CorsHeaders = Readonly<Record<string, string>>

/**
 * - `none`: no `Origin`, so not a page of another origin.
 * - `preflight`: answer at once, before authentication (a preflight carries no bearer): 204 if allowed.
 * - `actual`: continue, allowed or not. CORS hides answers from pages and refuses no request (that is the
 *   work of bearers and of `isForeignOrigin`), and a page's own origin needs no leave.
 *
 * `headers` belong on the answer in every case, also on errors. Add `vary` to the answer's own.
 */
export type CorsDecision =
  | { readonly kind: 'none'; readonly headers: CorsHeaders }
  | { readonly kind: 'preflight'; readonly allowed: boolean; readonly headers: CorsHeaders }
  | { readonly kind: 'actual'; readonly allowed: boolean; readonly headers: CorsHeaders }

/** The decisions for one list of origins, made once: deciding is then a look-up. */
export interface CorsPolicy {
  readonly origins: ReadonlyMap<string, AllowedOrigin>
  readonly none: CorsDecision
  readonly denied: CorsDecision
}

interface AllowedOrigin {
  readonly preflight: CorsDecision
  readonly actual: CorsDecision
}

const ALLOW_METHODS = 'GET, HEAD, POST, PATCH, DELETE'
/** Named one by one: `*` would not cover Authorization (Fetch, "CORS non-wildcard request-header name"). */
const ALLOW_HEADERS = [
  'authorization, content-type, last-event-id, idempotency-key, x-syncropel-actor',
  // What client libraries add by themselves: fetch-event-source and httpx, caches, tracing. None of it is trusted here.
  'accept, cache-control, pragma, if-none-match, if-modified-since, x-requested-with',
  'x-request-id, traceparent, tracestate, baggage, sentry-trace',
].join(', ')
const EXPOSE_HEADERS = 'x-request-id, retry-after, location, www-authenticate, allow'
/**
 * Seconds that a browser may remember its leave. Short, because nothing takes it back before: an origin that is
 * removed from the list must lose it soon. Safari remembers no longer in any case.
 */
const MAX_AGE = '600'
const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
const DENIED_PREFLIGHT: CorsDecision = freeze({
  kind: 'preflight',
  allowed: false,
  headers: { vary: PREFLIGHT_VARY },
})

/**
 * Prepares a list as `parseOriginList` returns it. An entry that is not exactly an origin, such as `*` or
 * `null`, can never be matched: a list that came past the parser allows no more than one that did not.
 */
export function corsPolicy(list: readonly string[]): CorsPolicy {
  const origins = new Map(list.filter(isOrigin).map((origin) => [origin, allow(origin)]))
  // Also on answers without an allowed origin, or a cache would hand them to the allowed one (Fetch, "CORS
  // protocol and HTTP caches"). If no origin is allowed, no answer differs.
  const headers: CorsHeaders = origins.size === 0 ? {} : { vary: 'Origin' }
  return {
    origins,
    none: freeze({ kind: 'none', headers }),
    denied: freeze({ kind: 'actual', allowed: false, headers }),
  }
}

/**
 * What a request's answer says to the browser (Fetch, "CORS protocol"): nothing, unless the received `Origin` is in
 * the list, character by character. It is never parsed or folded: two parsers that differ are how
 * `https://good.com.evil.com` gets in. Nothing of the request but that origin reaches the answer; in particular the
 * headers that a preflight asks for are not even read. There is never an `Access-Control-Allow-Credentials`: bearers
 * are what counts, and a page sends them itself, so that no cookie of the browser's can act for it.
 */
export function decideCors(request: CorsRequest, policy: CorsPolicy): CorsDecision {
  const origin = request.headers.get('origin')
  if (origin === null) return policy.none
  const allowed = policy.origins.get(origin)
  if (!isPreflight(request)) return allowed?.actual ?? policy.denied
  if (allowed === undefined) return DENIED_PREFLIGHT
  return withNetwork(allowed.preflight, request)
}

/** Fetch, "CORS-preflight request". Any other OPTIONS is the application's. */
export function isPreflight({ method, headers }: CorsRequest): boolean {
  if (method !== 'OPTIONS' || headers.get('origin') === null) return false
  return headers.get('access-control-request-method') !== null
}

function allow(origin: string): AllowedOrigin {
  return {
    preflight: freeze({
      kind: 'preflight',
      allowed: true,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': ALLOW_METHODS,
        'access-control-allow-headers': ALLOW_HEADERS,
        'access-control-max-age': MAX_AGE,
        vary: PREFLIGHT_VARY,
      },
    }),
    actual: freeze({
      kind: 'actual',
      allowed: true,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSE_HEADERS,
        vary: 'Origin',
      },
    }),
  }
}

/**
 * A public page that calls a private or loopback address may ask for that as well (WICG Private Network Access).
 * Chromium has put a permission prompt in its place (WICG Local Network Access, which has no header), but versions
 * before that ask; "local network" is the name that WebKit would give the header (private-network-access#91).
 */
function withNetwork(preflight: CorsDecision, request: CorsRequest): CorsDecision {
  const asks = (network: string): boolean =>
    request.headers.get(`access-control-request-${network}-network`) === 'true'
  const networks = ['private', 'local'].filter(asks)
  if (networks.length === 0) return preflight
  const leave = networks.map((network) => [`access-control-allow-${network}-network`, 'true'])
  return { ...preflight, headers: { ...preflight.headers, ...Object.fromEntries(leave) } }
}

function freeze(decision: CorsDecision): CorsDecision {
  return Object.freeze({ ...decision, headers: Object.freeze(decision.headers) })
}
