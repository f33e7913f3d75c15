import { routeAccess } from '../../../protocol/http/route-access.ts'
import { hostName, namesListener } from '../../access/host-check.ts'
import type { RequestFacts } from '../../access/request-facts.ts'
import { isOwnPort } from '../../access/via.ts'
import { type ListenHost, urlHost } from '../../network/listen-host.ts'
import { allowHostCommand } from '../../settings/allow-host.ts'
import type { Settings } from '../../settings/settings.ts'
import { problemAnswer } from '../answers/answer.ts'
import { isForeignPage } from './foreign-page.ts'

/** Refuses what a page elsewhere makes a browser send to this machine: by the names of hosts (DNS rebinding), and by origins. */
export function createForeignRequestGuard(settings: Settings, listener: ListenHost) {
  function checkHost(request: Request, facts: RequestFacts): Response | undefined {
    if (!isOwnPort(facts.via)) return undefined
    const host = request.headers.get('host')
    if (namesListener(host, listener) || (host !== null && settings.allowsHost(hostName(host)))) {
      return undefined
    }
    const name = host === null ? '' : hostName(host)
    const command = allowHostCommand(name, settings.values.allowed_hosts.length === 0)
    return problemAnswer(facts, 'HOST_NOT_ALLOWED', 'The Host header does not name this machine', {
      try: `If it is your proxy’s name for this daemon, run ${command} or let spl expose do it; else use http://${urlHost(listener.address)} with the daemon’s port.`,
    })
  }

  /** What a page elsewhere makes a browser send to this machine, unasked. Open routes tell nothing anyway. */
  function checkOrigin(request: Request, facts: RequestFacts): Response | undefined {
    if (!isForeignPage(request, facts, settings.cors.origins)) return undefined
    const target = request.url.slice(request.url.indexOf('/', 8))
    if (request.method === 'GET' && routeAccess('GET', target)?.scopes === 'open') return undefined
    return problemAnswer(
      facts,
      'ORIGIN_NOT_ALLOWED',
      'A page of another origin made this request',
      {
        try: ALLOW_ORIGIN,
      },
    )
  }

  return { checkHost, checkOrigin }
}

const ALLOW_ORIGIN =
  'If the page is yours, allow its origin at home: spl config get auth_cors_origins lists the origins; give them all, and this one, to spl config auth-set-cors-origins.'

/** Without an Access-Control-Allow-Origin header a browser keeps the real request to itself. */
export function refusePreflight(facts: RequestFacts): Response {
  return problemAnswer(facts, 'ORIGIN_NOT_ALLOWED', 'Pages of this origin may not call', {
    try: ALLOW_ORIGIN,
  })
}
