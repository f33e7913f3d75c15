import { type ProblemCode, PROBLEM_STATUS } from '../../protocol/http/problem.ts'
import type { RouteAccess } from '../../protocol/http/route-access.ts'
import type { Route } from './router.ts'

/** What any request may be refused with, by the daemon or on its way through the gateway. */
const ANYWHERE: readonly ProblemCode[] = [
  ...(['INVALID_REQUEST', 'INVALID_TARGET', 'INVALID_HEADERS'] as const),
  ...(['AUTH_REQUIRED', 'AUTH_INVALID', 'AUTH_REVOKED'] as const),
  ...(['SCOPE_FORBIDDEN', 'ORIGIN_NOT_ALLOWED', 'DID_CLAIM_DENIED'] as const),
  ...(['HOST_NOT_ALLOWED', 'HOSTNAME_UNKNOWN', 'RATE_LIMITED', 'HEADERS_TOO_LARGE'] as const),
  ...(['INTERNAL', 'STORE_DAMAGED', 'STORE_FAILED', 'STORE_BUSY'] as const),
  ...(['STORE_MISSING', 'STORE_REPLACED'] as const),
  ...(['TUNNEL_INTERRUPTED', 'BAD_UPSTREAM_RESPONSE'] as const),
  ...(['TUNNEL_OFFLINE', 'TUNNEL_BUSY', 'HEAD_TIMEOUT'] as const),
]
const WITH_BODY: readonly ProblemCode[] = [
  'REQUEST_TIMEOUT',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
]
const WITH_CURSOR: readonly ProblemCode[] = [
  'INVALID_CURSOR',
  'CURSOR_EPOCH_CHANGED',
  'CURSOR_FUTURE',
]
const WRITES: readonly ProblemCode[] = ['STORE_FULL']

const REQUEST_ID = {
  'X-Request-Id': {
    required: true,
    description: 'Of this request, the same in every log',
    schema: { type: 'string' },
  },
} as const
const HEADERS_OF = {
  401: {
    'WWW-Authenticate': {
      required: true,
      description: '`Bearer`',
      schema: { type: 'string' },
    },
  },
  429: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } },
  503: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } },
} as const

/** The route with everything that OpenAPI says about it, including who may call it and what refuses them. */
export function documentRoute(
  { refuses = [], responses, ...route }: Route,
  access: RouteAccess,
): Omit<Route, 'refuses'> {
  const codes = [...ANYWHERE, ...refuses]
  const parameters = Object.keys(route.request?.query?.shape ?? {})
  if (route.request?.body !== undefined) codes.push(...WITH_BODY)
  if (route.method !== 'get') codes.push(...WRITES)
  if (parameters.some((name) => name === 'cursor' || name === 'since')) codes.push(...WITH_CURSOR)
  if (access.local === true) codes.push('LOCAL_ONLY')
  if (access.events === 'feed') codes.push('UPGRADE_REQUIRED')
  const answered = Object.entries(responses).map(([status, response]) => [
    status,
    { ...response, headers: { ...REQUEST_ID, ...headersOf(response) } },
  ])
  return {
    ...route,
    tags: [tagOf(route.path)],
    description: whoMay(access),
    security: securityOf(access),
    responses: { ...(Object.fromEntries(answered) as Route['responses']), ...refusals(codes) },
  }
}

function headersOf(response: Route['responses'][string]): object {
  return 'headers' in response && response.headers !== undefined ? response.headers : {}
}

/** One response for each status, with its codes. */
function refusals(codes: readonly ProblemCode[]): Route['responses'] {
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEM_STATUS[code])
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([one], [other]) => one - other)
      .map(([status, those]) => [
        status,
        those.every((code) => ANYWHERE.includes(code))
          ? { $ref: `#/components/responses/Refused${status}` }
          : refusal(status, those),
      ]),
  ) as Route['responses']
}

function refusal(status: number, codes: readonly ProblemCode[]) {
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: { ...REQUEST_ID, ...HEADERS_OF[status as keyof typeof HEADERS_OF] },
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

/** The refusals that are the same everywhere, by the names that `documentRoute` refers to. */
export function commonRefusals() {
  const byStatus = Map.groupBy(ANYWHERE, (code) => PROBLEM_STATUS[code])
  return [...byStatus].map(
    ([status, codes]) => [`Refused${status}`, refusal(status, codes)] as const,
  )
}

function securityOf({ scopes, ticket, invite, local }: RouteAccess): Record<string, string[]>[] {
  if (invite === true) return [{ invite: [] }]
  if (local === true) return [{ bootstrap: [] }]
  if (scopes === 'open') return []
  return [{ bearer: [] }, ...(ticket === true ? [{ ticket: [] }] : [])]
}

function tagOf(path: string): string {
  const [first = '', second = ''] = path.slice(1).split('/')
  return first === 'v1' ? second : 'about'
}

function whoMay({ scopes, local, ticket, invite }: RouteAccess): string {
  const parts: string[] = []
  if (invite === true) parts.push('Takes an invite as bearer.')
  else if (scopes === 'open') parts.push('Needs no bearer; one that is sent must be good.')
  else if (scopes === 'any') parts.push('Needs a bearer of any scope.')
  else parts.push(`Needs the scope ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`)
  if (local === true) parts.push('Answers on the daemon’s own machine only.')
  if (ticket === true) parts.push('Takes a stream ticket in place of a bearer.')
  return parts.join(' ')
}
