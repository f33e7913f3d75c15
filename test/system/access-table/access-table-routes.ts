/*
 * Who is let in where, written by hand from what the product promises and by nothing that the product decides with:
 * the test holds the real thing to these rows, and docs/appendix/access.md prints them.
 */

/** How a request reaches the daemon. */
export const WAYS = ['socket', 'loopback', 'network', 'proxy', 'tunnel'] as const
export type Way = (typeof WAYS)[number]

/** What a route may ask for: the column of `CREDENTIALS` that answers. */
export const DOORS = ['bearer', 'bearer or ticket', 'invite', 'nothing'] as const
export type Door = (typeof DOORS)[number]

/** A status, and the code of a refusal. */
export type Answer = `${number}` | `${number} ${string}`

export interface RouteRow {
  readonly route: string
  /** Scopes of which each opens the route, as `admin` always does. */
  readonly opens: readonly string[] | 'any' | 'none needed'
  /** Status of success. */
  readonly done: '200' | '201' | '400 INVALID_REQUEST'
  readonly ways: Readonly<Record<Way, Door | Answer>>
}

/** Nothing is asked for; what is shown all the same must be good. */
const OPEN = { socket: '200', ...everywhereElse('nothing') } as const
const ADMIN = ['admin']
const FOLLOW = ['records:read', 'federation:manage']

export const ROUTES: readonly RouteRow[] = [
  { route: 'GET /health', opens: 'none needed', done: '200', ways: OPEN },
  { route: 'GET /.well-known/syncropel', opens: 'none needed', done: '200', ways: OPEN },
  { route: 'GET /openapi.json', opens: 'none needed', done: '200', ways: OPEN },
  asks('GET /v1/identity', 'any', '200'),
  { route: 'GET /v1/identity/proof', opens: 'none needed', done: '200', ways: OPEN },
  asks('POST /v1/records', ['records:write'], '201'),
  asks('GET /v1/records', ['records:read'], '200'),
  asks('GET /v1/records/{id}', ['records:read'], '200'),
  asks('POST /v1/records/{id}/redact', ADMIN, '200'),
  asks('POST /v1/records/query', ['records:read'], '200'),
  asks('GET /v1/search', ['records:read'], '200'),
  asks('POST /v1/search/rebuild', ADMIN, '200'),
  asks('POST /v1/namespaces', ADMIN, '201'),
  asks('GET /v1/namespaces', ['records:read', 'config:read'], '200'),
  asks('PATCH /v1/namespaces', ADMIN, '200'),
  asks('GET /v1/threads', ['records:read'], '200'),
  asks('GET /v1/threads/{id}/records', ['records:read'], '200'),
  asks('GET /v1/threads/{id}/state', ['records:read'], '200'),
  asks('GET /v1/sync/changes', FOLLOW, '200', 'bearer or ticket'),
  asks('GET /v1/sync/subscribe', FOLLOW, '200', 'bearer or ticket'),
  // Whoever may not follow a stream gets no ticket for it either.
  asks('POST /v1/stream-tickets', FOLLOW, '201'),
  {
    route: 'POST /v1/bootstrap/service-account',
    opens: 'none needed',
    done: '201',
    ways: {
      socket: '409 BOOTSTRAP_CLOSED',
      loopback: '409 BOOTSTRAP_CLOSED',
      network: '403 LOCAL_ONLY',
      proxy: '403 LOCAL_ONLY',
      tunnel: '403 LOCAL_ONLY',
    },
  },
  asks('POST /v1/service-accounts', ADMIN, '201'),
  asks('GET /v1/service-accounts', ADMIN, '200'),
  asks('GET /v1/service-accounts/{id}', ADMIN, '200'),
  asks('DELETE /v1/service-accounts/{id}', ADMIN, '200'),
  asks('POST /v1/service-accounts/{id}/rotate', ADMIN, '201'),
  asks('POST /v1/tokens', ADMIN, '201'),
  asks('GET /v1/tokens', ADMIN, '200'),
  asks('DELETE /v1/tokens/{id}', ADMIN, '200'),
  {
    route: 'POST /v1/tokens/self/rotate',
    opens: 'any',
    done: '201',
    // The owner has no bearer that could be exchanged.
    ways: { socket: '401 AUTH_REQUIRED', ...everywhereElse('bearer') },
  },
  asks('POST /v1/invites', ADMIN, '201'),
  asks('GET /v1/invites', ADMIN, '200'),
  asks('DELETE /v1/invites/{id}', ADMIN, '200'),
  {
    route: 'POST /v1/invites/redeem',
    opens: 'none needed',
    done: '201',
    ways: { socket: 'invite', ...everywhereElse('invite') },
  },
  asks('GET /v1/config', ['config:read'], '200'),
  asks('POST /v1/config/{key}', ['config:write'], '200'),
  asks('GET /v1/connection', 'any', '200', 'bearer or ticket'),
  asks('GET /v1/connection/events', 'any', '200', 'bearer or ticket'),
  asks('POST /v1/connection/upload', ['config:write'], '200'),
  asks('GET /v1/tunnel', ['config:read'], '200'),
  asks('GET /v1/tunnel/log', ADMIN, '200'),
  asks('GET /v1/engine/health', ['config:read'], '200'),
  // Who may ask is judged before what is asked, and a whole copy for each cell takes too long.
  asks('POST /v1/admin/backup', ADMIN, '400 INVALID_REQUEST'),
  asks('GET /v1/backups', ADMIN, '200'),
  asks('GET /metrics', ['config:read'], '200'),
]

/** Over the socket the owner may do everything; from elsewhere everybody is asked. */
function asks(
  route: string,
  opens: RouteRow['opens'],
  done: RouteRow['done'],
  door: Door = 'bearer',
): RouteRow {
  return { route, opens, done, ways: { socket: done, ...everywhereElse(door) } }
}

/** Everywhere but on the socket. */
function everywhereElse<const Cell extends Door | Answer>(cell: Cell) {
  return { loopback: cell, network: cell, proxy: cell, tunnel: cell } as const
}
