import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import { OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Authorise } from '../access/authorise.ts'
import type { Principal } from '../access/principal.ts'
import { type RouteAccess, ROUTE_ACCESS } from '../../protocol/http/route-access.ts'
import type { ProblemCode } from '../../protocol/http/problem.ts'
import { problemAnswer } from './answers/answer.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { describeComponents } from './schemas/api-document.ts'
import { documentRoute } from './document-route.ts'
import { type Query, readQuery } from './input/read-query.ts'
import type { TracedFacts } from '../requests/traced-facts.ts'

export interface DaemonEnv {
  Bindings: TracedFacts
  Variables: { principal: Principal; query: Query }
}
export type RouteContext = Context<DaemonEnv, string>
export type RouteHandler = (c: RouteContext) => MaybePromise<Response>

/** A route as OpenAPI describes it; its schemas are the ones that the handler checks with. */
export type Route = RouteConfig & {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** Its name in generated clients. */
  readonly operationId: string
  /** Its own codes, besides those that any request may get. */
  readonly refuses?: readonly ProblemCode[]
  readonly request?: { readonly query?: z.ZodObject }
}

/**
 * Adds routes to the Hono app: documented, guarded by `ROUTE_ACCESS`, and one handler each. Without
 * middleware Hono calls that handler directly, and a small answer needs no promise.
 */
export class DaemonRouter {
  readonly hono = new OpenAPIHono<DaemonEnv>()
  readonly #authorise: Authorise
  readonly #patterns: { readonly pattern: RegExp; readonly method: string }[] = []

  constructor(authorise: Authorise) {
    this.#authorise = authorise
    describeComponents(this.hono)
  }

  on(route: Route, handler: RouteHandler): void {
    const method = route.method.toUpperCase()
    const access = ROUTE_ACCESS[`${method} ${route.path}`]
    if (access === undefined)
      throw new Error(`Route ${method} ${route.path} is not in ROUTE_ACCESS`)
    this.hono.openAPIRegistry.registerPath(documentRoute(route, access))
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    this.hono.on(method, path, this.#guard(route, access, handler))
    const pattern = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    this.#patterns.push({ pattern, method })
  }

  /** The refusal of a path without a route, or of a method that the path does not have. */
  refuseUnmatched(path: string, facts: TracedFacts): Response {
    const methods = this.#patterns.filter(({ pattern }) => pattern.test(path))
    if (methods.length === 0) {
      return problemAnswer(facts, 'NOT_FOUND', 'There is no such route', {
        try: 'See /openapi.json for all routes.',
      })
    }
    const allow = methods.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    return problemAnswer(facts, 'METHOD_NOT_ALLOWED', 'The route does not have this method', {
      try: `Use ${allow.join(' or ')}.`,
      headers: { allow: allow.join(', ') },
    })
  }

  #guard(route: Route, access: RouteAccess, handler: RouteHandler): RouteHandler {
    const authorise = this.#authorise
    const pattern = route.path
    const parameters = Object.keys(route.request?.query?.shape ?? {})
    if (access.ticket === true) parameters.push('ticket')

    function handle(principal: Principal, c: RouteContext) {
      const { trace } = c.env
      if (trace !== undefined) trace.principal = principal
      if (c.env.asksForWebSocket === true) {
        throw new ProblemError('UPGRADE_REQUIRED', 'This daemon offers no WebSocket at this path')
      }
      c.set('principal', principal)
      c.set('query', readQuery(c.req.raw.url, parameters))
      return handler(c)
    }

    return function guarded(c) {
      const { trace } = c.env
      if (trace !== undefined) trace.route = pattern
      return andThen(authorise.check(c.req.raw, c.env, access), handle, c)
    }
  }
}
