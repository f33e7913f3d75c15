import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { authorise } from '../access/authorise.ts'
import type { BearerCheck } from '../access/bearer.ts'
import { ROUTE_SCOPES, type RouteScopes } from '../access/route-scopes.ts'
import { ProblemError } from '../config/problem-error.ts'
import type { RequestFacts } from './request-facts.ts'

export interface DaemonEnv {
  Bindings: RequestFacts
}
export type RouteContext = Context<DaemonEnv, string>
export type RouteHandler = (c: RouteContext) => Response | Promise<Response>

/** A route as OpenAPI describes it; its schemas are the ones that the handler checks with. */
export type Route = RouteConfig & { readonly method: 'get' | 'post' }

/**
 * Adds routes to the Hono app: documented, guarded by `ROUTE_SCOPES`, and one handler each. Without
 * middleware Hono calls that handler directly, and a small answer needs no promise.
 */
export class DaemonRouter {
  readonly hono = new OpenAPIHono<DaemonEnv>()
  readonly #bearers: BearerCheck
  readonly #patterns: { readonly pattern: RegExp; readonly method: string }[] = []

  constructor(bearers: BearerCheck) {
    this.#bearers = bearers
    this.hono.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
      type: 'http',
      scheme: 'bearer',
    })
  }

  on(route: Route, handler: RouteHandler): void {
    const method = route.method.toUpperCase()
    const scopes = ROUTE_SCOPES[`${method} ${route.path}`]
    if (scopes === undefined) throw new Error(`Route ${method} ${route.path} has no scopes`)
    const security = scopes === 'open' ? [] : [{ bearer: [] }]
    const scopeText = scopes === 'open' ? '' : `Needs the scope ${scopes.join(' or ')}.`
    this.hono.openAPIRegistry.registerPath({ ...route, security, description: scopeText })
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    this.hono.on(method, path, this.#guard(scopes, handler))
    const pattern = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    this.#patterns.push({ pattern, method })
  }

  /** The refusal of a path without a route, or of a method that the path does not have. */
  unmatched(path: string): ProblemError {
    const methods = this.#patterns.filter(({ pattern }) => pattern.test(path))
    if (methods.length === 0) {
      return new ProblemError('NOT_FOUND', 'There is no such route', {
        try: 'See /openapi.json for all routes.',
      })
    }
    const allow = methods.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    return new ProblemError('METHOD_NOT_ALLOWED', 'The route does not have this method', {
      try: `Use ${allow.join(' or ')}.`,
      headers: { allow: allow.join(', ') },
    })
  }

  #guard(scopes: RouteScopes, handler: RouteHandler): RouteHandler {
    if (scopes === 'open') return handler
    const bearers = this.#bearers
    return function guarded(c) {
      const passed = authorise(bearers, c.req.raw.headers.get('authorization'), c.env, scopes)
      return passed === undefined ? handler(c) : passed.then(() => handler(c))
    }
  }
}
