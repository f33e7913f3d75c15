import { type Answer, type Door, DOORS, type RouteRow, type Way } from './access-table-routes.ts'

/** `done`: let in. `by scope`: let in where the bearer's one scope opens the route, else `403 SCOPE_FORBIDDEN`. */
type Outcome = Answer | 'done' | 'by scope'

export interface CredentialRow {
  /** What the request shows. */
  readonly shows: string
  /** The one scope of a bearer that counts, or that it has none. */
  readonly scope?: string
  /** In the order of `DOORS`. */
  readonly at: readonly [Outcome, Outcome, Outcome, Outcome]
  /** How often it is in the query, and by which name. */
  readonly query?: readonly ('ticket' | 'access_token')[]
}

const REQUIRED = '401 AUTH_REQUIRED'
const INVALID = '401 AUTH_INVALID'
const TICKET = 'ticket'
const DOUBLED = '400 INVALID_HEADERS'

/** Written by hand, as `ROUTES` is. */
export const CREDENTIALS = [
  absent('nothing'),
  bad('malformed bearer'),
  bad('bearer signed by another instance'),
  bad('bearer with its env altered'),
  bad('bearer stored for another env'),
  bad('bearer that was never stored'),
  bad('expired bearer'),
  bad('revoked bearer'),
  bad('bearer of a revoked account'),
  { shows: 'Authorization twice', at: [DOUBLED, DOUBLED, DOUBLED, DOUBLED] },
  absent('Proxy-Authorization only'),
  { ...absent('bearer in the query'), query: ['access_token'] },
  { shows: 'bearer as ticket', at: [REQUIRED, INVALID, REQUIRED, 'done'], query: [TICKET] },
  { shows: 'bearer without scopes', scope: 'none', at: ['by scope', 'by scope', INVALID, 'done'] },
  only('records:read'),
  only('records:write'),
  only('threads:write'),
  only('federation:manage'),
  only('config:read'),
  only('config:write'),
  { shows: 'bearer with admin only', scope: 'admin', at: ['done', 'done', INVALID, 'done'] },
  { shows: 'good ticket', at: [REQUIRED, 'done', REQUIRED, 'done'], query: [TICKET] },
  // Two readers of one query could each take another one; so neither counts.
  { shows: 'two good tickets', at: [REQUIRED, INVALID, REQUIRED, 'done'], query: [TICKET, TICKET] },
  { shows: 'used ticket', at: [REQUIRED, INVALID, REQUIRED, 'done'], query: [TICKET] },
  { shows: 'ticket for another path', at: [REQUIRED, INVALID, REQUIRED, 'done'], query: [TICKET] },
  {
    shows: 'ticket signed by another instance',
    at: [REQUIRED, INVALID, REQUIRED, 'done'],
    query: [TICKET],
  },
  // Between gateway and home it opens a stream; nobody else has a place to show it in.
  bad('resume code as bearer'),
  {
    shows: 'resume code as ticket',
    at: [REQUIRED, INVALID, REQUIRED, 'done'],
    query: [TICKET],
  },
  absent('resume code in X-Spl-Resume'),
  { shows: 'good invite', at: [INVALID, INVALID, 'done', INVALID] },
  { shows: 'used invite', at: [INVALID, INVALID, '410 CODE_USED', INVALID] },
  bad('invite signed by another instance'),
] as const satisfies readonly CredentialRow[]

export type Shows = (typeof CREDENTIALS)[number]['shows']

function absent<const Name extends string>(shows: Name) {
  return { shows, at: [REQUIRED, REQUIRED, REQUIRED, 'done'] } as const
}

function bad<const Name extends string>(shows: Name) {
  return { shows, at: [INVALID, INVALID, INVALID, INVALID] } as const
}

function only<const Scope extends string>(scope: Scope) {
  const shows = `bearer with ${scope} only` as const
  return { shows, scope, at: ['by scope', 'by scope', INVALID, 'done'] } as const
}

/** The answer that a cell of the product of all tables has to have. */
export function expectedAnswer(row: RouteRow, way: Way, credential: CredentialRow): Answer {
  const answer = answerOfDoor(row, way, credential)
  if (credential.query === undefined || takes(row, credential.query)) return answer
  // Whoever is let in so far is told of the parameter.
  const decided = DOORS.includes(row.ways[way] as Door) ? /^40[13]/ : /LOCAL_ONLY$/
  return decided.test(answer) ? answer : '400 INVALID_REQUEST'
}

/** Whether a query of these parameters is one of the route's: a ticket on its streams, once. */
function takes({ ways }: RouteRow, query: readonly string[]): boolean {
  return query.join() === TICKET && ways.loopback === 'bearer or ticket'
}

/** They hold a field that only a proxy sends, so the request counts as a proxy's: where it makes a difference, it is refused. */
const PROXYS = new Set(['Proxy-Authorization only', 'resume code in X-Spl-Resume'])

function answerOfDoor(row: RouteRow, way: Way, credential: CredentialRow): Answer {
  const cell = row.ways[way === 'loopback' && PROXYS.has(credential.shows) ? 'proxy' : way]
  const door = DOORS.indexOf(cell as Door)
  if (door === -1) return cell as Answer
  const outcome = credential.at[door] ?? 'done'
  if (outcome === 'done') return row.done
  if (outcome !== 'by scope') return outcome
  const opened = row.opens === 'any' || row.opens.includes(credential.scope ?? '')
  return opened ? row.done : '403 SCOPE_FORBIDDEN'
}
