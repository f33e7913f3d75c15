import type { Check } from '../check.ts'
import { ask, type Outside, type OutsideAnswer } from './outside.ts'

const NAME = 'cors'
const FOREIGN = 'https://foreign.invalid'
const ALLOW = 'access-control-allow-origin'

/** What a browser is told, for an allowed origin and for one that is not. */
export interface SeenCors {
  readonly allowedOrigin: string | undefined
  /** How many others are allowed; undefined where nobody knows. */
  readonly otherOrigins?: number | undefined
  readonly preflight: OutsideAnswer | undefined
  readonly foreignPreflight: OutsideAnswer
  /** A plain request of a foreign page. */
  readonly foreign: OutsideAnswer
}

/** Whether CORS is the daemon’s: its preflights answered, and nothing added to what it says. */
export async function probeCors(outside: Outside): Promise<Check> {
  const { allowedOrigin, otherOrigins } = outside
  const preflightOf = (origin: string) =>
    ask(outside, {
      method: 'OPTIONS',
      path: '/v1/records',
      anonymous: true,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type',
      },
    })
  return judgeCors({
    allowedOrigin,
    otherOrigins,
    preflight: allowedOrigin === undefined ? undefined : await preflightOf(allowedOrigin),
    foreignPreflight: await preflightOf(FOREIGN),
    foreign: await ask(outside, { path: '/health', anonymous: true, headers: { origin: FOREIGN } }),
  })
}

export function judgeCors({
  allowedOrigin,
  otherOrigins,
  preflight,
  foreignPreflight,
  foreign,
}: SeenCors): Check {
  const added = [foreignPreflight, foreign, preflight].flatMap((answer) => {
    const told = answer?.headers[ALLOW]
    return told === undefined || told === allowedOrigin ? [] : [String(told)]
  })
  if (added.length > 0) {
    return {
      name: NAME,
      status: 'fail',
      message: `The proxy adds Access-Control-Allow-Origin: ${added[0]}, which the daemon did not send`,
      fix: 'Remove every CORS header from the proxy (nginx: add_header Access-Control-…); the daemon sends them itself (spl config auth-set-cors-origins)',
      details: { added },
    }
  }
  if (preflight === undefined) {
    const message =
      'Web pages from origins that are not allowed cannot call, and the proxy allows none'
    return { name: NAME, status: 'pass', message, details: { allowed_origin: null } }
  }
  const { status, headers } = preflight
  const details = { allowed_origin: allowedOrigin, status }
  if (status === 204 && headers[ALLOW] === allowedOrigin) {
    const message = `Web pages from ${allowedOrigin} may call, ${others(otherOrigins)}`
    return { name: NAME, status: 'pass', message, details }
  }
  return {
    name: NAME,
    status: 'fail',
    message: `The preflight from ${allowedOrigin} got status ${status}`,
    fix: 'Forward OPTIONS requests to the daemon like any other, with all their headers, and without asking for a login.',
    details,
  }
}

/** What is not on the list may not: that was tried with an origin that nobody has. */
function others(count: number | undefined): string {
  if (count === undefined) return 'and pages that are not allowed cannot'
  if (count === 0) return 'and no others'
  return count === 1
    ? 'and one other origin on the list; all others cannot'
    : `and ${count} other origins on the list; all others cannot`
}
