import type { Scope } from '../../protocol/scopes.ts'

/** Scopes of which one is enough; `open` needs no bearer at all. */
export type RouteScopes = readonly [Scope, ...Scope[]] | 'open'

/** Who may call what: every route of the daemon, as `METHOD path`. A route that is not here cannot be added. */
export const ROUTE_SCOPES: Readonly<Record<string, RouteScopes>> = {
  'GET /health': 'open',
  'GET /openapi.json': ['records:read', 'records:write', 'federation:manage'],
  'POST /v1/records': ['records:write'],
  'GET /v1/records': ['records:read'],
  'GET /v1/records/{id}': ['records:read'],
  'GET /v1/threads': ['records:read'],
  'GET /v1/threads/{id}/records': ['records:read'],
  'GET /v1/sync/changes': ['records:read', 'federation:manage'],
  'GET /v1/sync/subscribe': ['records:read', 'federation:manage'],
}
