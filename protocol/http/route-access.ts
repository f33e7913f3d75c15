import type { Scope } from '../identity/scopes.ts'

/** Scopes, of which one is enough. `open` needs no bearer, `any` a bearer with any scopes or none. */
export type RouteScopes = readonly [Scope, ...Scope[]] | 'open' | 'any'

/** Who may call a route, and from where. */
export interface RouteAccess {
  readonly scopes: RouteScopes
  /** Answers on the daemon's own machine only, never through the tunnel or a proxy. */
  readonly local?: true
  /**
   * Its answer is an event stream, always or with `feed=continuous`; `feed`: always, and as a
   * WebSocket too.
   */
  readonly events?: 'feed' | 'always' | 'continuous'
  /** Takes a stream ticket in the query in place of a bearer: browsers' event streams can send no header. */
  readonly ticket?: true
  /** Its body has any length: home limits each part of it. The gateway passes it on, whatever length it states. */
  readonly anyLength?: true
  /** Its third segment is a thread, and it refuses one that its caller does not see: `missing-thread.ts`. */
  readonly thread?: true
  /** Takes a one-time invite code in place of a bearer, and nothing else. */
  readonly invite?: true
}

const read: RouteAccess = { scopes: ['records:read'] }
const ofThread: RouteAccess = { ...read, thread: true }
const admin: RouteAccess = { scopes: ['admin'] }
const sync: RouteAccess = {
  scopes: ['records:read', 'federation:manage'],
  ticket: true,
  events: 'continuous',
}

/**
 * Every route of the daemon, as `METHOD path`: the one table by which the gateway and the daemon decide. A
 * route that is not here cannot be added to the daemon.
 */
export const ROUTE_ACCESS: Readonly<Record<string, RouteAccess>> = {
  'GET /health': { scopes: 'open' },
  'GET /.well-known/syncropel': { scopes: 'open' },
  'GET /openapi.json': { scopes: 'open' },
  'GET /v1/identity': { scopes: 'any' },
  'GET /v1/identity/proof': { scopes: 'open' },
  'POST /v1/records': { scopes: ['records:write'], anyLength: true },
  'POST /v1/records/query': read,
  'GET /v1/search': read,
  'POST /v1/search/rebuild': admin,
  'GET /v1/records': read,
  'GET /v1/records/{id}': read,
  'POST /v1/records/{id}/redact': admin,
  'GET /v1/threads': read,
  'GET /v1/threads/{id}/records': ofThread,
  'GET /v1/threads/{id}/state': ofThread,
  'GET /v1/sync/changes': sync,
  'GET /v1/sync/subscribe': { ...sync, events: 'feed' },
  'POST /v1/stream-tickets': { scopes: 'any' },
  'POST /v1/bootstrap/service-account': { scopes: 'open', local: true },
  'POST /v1/service-accounts': admin,
  'GET /v1/service-accounts': admin,
  'GET /v1/service-accounts/{id}': admin,
  'DELETE /v1/service-accounts/{id}': admin,
  'POST /v1/service-accounts/{id}/rotate': admin,
  'POST /v1/tokens': admin,
  'GET /v1/tokens': admin,
  'DELETE /v1/tokens/{id}': admin,
  'POST /v1/tokens/self/rotate': { scopes: 'any' },
  'POST /v1/invites': admin,
  'GET /v1/invites': admin,
  'DELETE /v1/invites/{id}': admin,
  'POST /v1/invites/redeem': { scopes: 'open', invite: true },
  'POST /v1/namespaces': admin,
  'GET /v1/namespaces': { scopes: ['records:read', 'config:read'] },
  'PATCH /v1/namespaces': admin,
  'GET /v1/config': { scopes: ['config:read'] },
  'POST /v1/config/{key}': { scopes: ['config:write'] },
  'GET /v1/connection': { scopes: 'any', ticket: true },
  'GET /v1/connection/events': { scopes: 'any', ticket: true, events: 'always' },
  'POST /v1/connection/upload': { scopes: ['config:write'] },
  'GET /v1/tunnel': { scopes: ['config:read'] },
  'GET /v1/tunnel/log': { ...admin, events: 'always' },
  'GET /v1/engine/health': { scopes: ['config:read'] },
  'POST /v1/admin/backup': admin,
  'GET /v1/backups': admin,
  'GET /metrics': { scopes: ['config:read'] },
}

interface Pattern {
  readonly parts: readonly string[]
  readonly access: RouteAccess
}

const exact = new Map<string, RouteAccess>()
const patterns = new Map<string, Pattern[]>()
for (const [route, access] of Object.entries(ROUTE_ACCESS)) {
  const [method = '', path = ''] = route.split(' ')
  if (!path.includes('{')) exact.set(route, access)
  else patterns.set(method, [...(patterns.get(method) ?? []), { parts: path.split('/'), access }])
}

/**
 * The access rule of a request; undefined without a route: the daemon then answers 404 or 405. HEAD has the rule
 * of GET.
 * @param target path and query as on the request line, checked by `checkTarget`
 */
export function routeAccess(method: string, target: string): RouteAccess | undefined {
  const verb = method === 'HEAD' ? 'GET' : method
  const path = pathOf(target)
  const known = exact.get(`${verb} ${path}`)
  if (known !== undefined) return known
  const parts = path.split('/')
  return patterns.get(verb)?.find((pattern) => fits(pattern.parts, parts))?.access
}

/** A target without its query. */
export function pathOf(target: string): string {
  const question = target.indexOf('?')
  return question === -1 ? target : target.slice(0, question)
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false
  return pattern.every((part, at) => (part.startsWith('{') ? parts[at] !== '' : part === parts[at]))
}
