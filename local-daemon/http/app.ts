import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import type { Logger } from 'pino'
import { decideCors, type CorsDecision } from '../../protocol/http/cors.ts'
import { routeAccess } from '../../protocol/http/route-access.ts'
import { showsTicket } from '../../protocol/http/without-ticket.ts'
import { hostName, namesListener } from '../access/host-check.ts'
import { type ListenHost, urlHost } from '../network/listen-host.ts'
import { allowHostCommand } from '../settings/allow-host.ts'
import { FeedHub } from '../store/feed/feed-hub.ts'
import type { LinkReport } from '../edge/link-report.ts'
import { preflightAnswer, problemAnswer } from './answers/answer.ts'
import { createErrorAnswer } from './answers/error-answer.ts'
import { observe } from './observation.ts'
import { isForeignPage } from './connection/foreign-page.ts'
import { PageMemory } from './answers/page-memory.ts'
import type { RequestFacts } from '../access/request-facts.ts'
import { DaemonRouter } from './router.ts'
import { addBootstrap } from './routes/bootstrap.ts'
import { addCapabilities } from './routes/capabilities.ts'
import { addConfig } from './routes/config.ts'
import { addConnection } from './routes/connection.ts'
import { addGetRecord } from './routes/get-record.ts'
import { addHealth } from './routes/health.ts'
import { addIdentity } from './routes/identity.ts'
import { addIdentityProof } from './routes/identity-proof.ts'
import { addInvites } from './routes/invites.ts'
import { addListRecords } from './routes/list-records.ts'
import { addListThreads } from './routes/list-threads.ts'
import { addMetrics } from './routes/metrics.ts'
import { addOpenApi } from './routes/openapi.ts'
import { addPostRecord } from './routes/post-record.ts'
import type { AppAccess } from './app-access.ts'
import type { FaultBook } from '../process/fault-book.ts'
import { addServiceAccounts } from './routes/service-accounts.ts'
import { addStreamTickets } from './routes/stream-tickets.ts'
import { addSync } from './routes/sync.ts'
import { addTokens } from './routes/tokens.ts'
import { addTunnel } from './routes/tunnel.ts'
import type { RequestTrace } from '../requests/request-trace.ts'
import type { Refused } from '../requests/request-watch.ts'
import type { TracedFacts } from '../requests/traced-facts.ts'
import { isOwnPort } from '../access/via.ts'

/** The daemon's HTTP interface, for both listeners and for the tunnel. */
export interface DaemonApp {
  /**
   * Answers a request. Never throws and never rejects. `request.signal` ends streams at once.
   * @param isGone whether the client has left; without it the signal tells
   */
  fetch(request: Request, facts: RequestFacts, isGone?: () => boolean): MaybePromise<Response>
  /** Takes note of a request that was answered before the app was asked. */
  refused(asked: Refused, facts: RequestFacts, answer: Response): void
  /**
   * Whether the refusal of a WebSocket is told in one: to a page, or a program with a page's means, that may call and shows
   * something that was signed here. A stranger gets no WebSocket.
   */
  tellsInWebSocket(request: Request, facts: RequestFacts): Promise<boolean>
  /** The facts with what CORS adds to an answer that is made before the app is asked. */
  withCors(request: Request, facts: RequestFacts): RequestFacts
}

export interface AppParts extends AppAccess {
  readonly logger: Logger
  readonly faults: FaultBook
  /** Where the app's own port listens. */
  readonly listener: ListenHost
  /** Aborts when the daemon stops. */
  readonly stopping: AbortSignal
  /** Of this start of the daemon, by chance. */
  readonly process: string
  /** Host of the gateway that the daemon connects to; undefined where none was asked for. */
  readonly publicHost: string | undefined
  /** The link of now; undefined where no gateway was asked for. */
  readonly link: () => LinkReport | undefined
}

export function createApp(given: AppParts): DaemonApp {
  const { store, authorise, settings, logger, identity, listener } = given
  const router = new DaemonRouter(authorise)
  const hub = new FeedHub(store.commits)
  const observation = observe(store, given.link, given.faults)
  const { watch } = observation
  const pages = new PageMemory()
  const parts = { ...given, router, hub, observation, pages, did: identity.did }
  addHealth(parts)
  addCapabilities(parts)
  addIdentity(parts)
  addIdentityProof(parts)
  addPostRecord(parts)
  addGetRecord(parts)
  addListRecords(parts)
  addListThreads(parts)
  addSync(parts)
  addStreamTickets(parts)
  addBootstrap(parts)
  addServiceAccounts(parts)
  addTokens(parts)
  addInvites(parts)
  addConfig(parts)
  addConnection(parts)
  addTunnel(parts)
  addMetrics(parts)
  addOpenApi(parts)

  const answerError = createErrorAnswer(logger)
  router.hono.notFound((c) => router.refuseUnmatched(c.req.path, c.env))
  router.hono.onError((error, c) => answerError(error, c.env))

  return {
    tellsInWebSocket: async (request, facts) =>
      (request.headers.has('origin') || showsTicket(request.url)) &&
      checkHost(request, facts) === undefined &&
      !isForeignPage(request, facts, settings.cors.origins) &&
      (await authorise.isSigned(request, facts)),
    withCors: (request, facts) => known(facts, decideCors(request, settings.cors)),
    refused: (asked, facts, answer) => watch.refused(asked, facts, answer),
    fetch(request, facts, isGone = () => request.signal.aborted) {
      const trace = watch.begin(request, facts)
      trace.isGone = isGone
      const response = answer(request, { ...facts, requestId: trace.requestId, trace })
      return andThen(response, answered, request, trace)
    },
  }

  function answered(response: Response, request: Request, trace: RequestTrace): Response {
    watch.answered(trace, request.method, response)
    return response
  }

  function answer(request: Request, facts: TracedFacts): MaybePromise<Response> {
    const refusal = checkHost(request, facts)
    if (refusal !== undefined) return refusal
    const decision = decideCors(request, settings.cors)
    const told = known(facts, decision)
    // Before authentication: a preflight cannot carry a bearer.
    if (decision.kind === 'preflight') {
      return decision.allowed ? preflightAnswer(told) : refusePreflight(told)
    }
    return checkOrigin(request, told) ?? router.hono.fetch(request, told)
  }

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
}

function known(facts: TracedFacts, { headers }: CorsDecision): TracedFacts {
  return 'vary' in headers ? { ...facts, cors: headers } : facts
}

const ALLOW_ORIGIN =
  'If the page is yours, allow its origin at home: spl config get auth_cors_origins lists the origins; give them all, and this one, to spl config auth-set-cors-origins.'

/** Without an Access-Control-Allow-Origin header a browser keeps the real request to itself. */
function refusePreflight(facts: RequestFacts): Response {
  return problemAnswer(facts, 'ORIGIN_NOT_ALLOWED', 'Pages of this origin may not call', {
    try: ALLOW_ORIGIN,
  })
}
