import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import type { Logger } from 'pino'
import type { Backups } from '../backup/backups.ts'
import type { EndedBook } from '../access/ended/ended-book.ts'
import type { Offsite } from '../backup/offsite/offsite.ts'
import { decideCors, type CorsDecision } from '../../protocol/http/cors.ts'
import { showsTicket } from '../../protocol/http/without-ticket.ts'
import type { ListenHost } from '../network/listen-host.ts'
import { RecordView } from '../store/record-view.ts'
import { FeedHub } from '../store/feed/feed-hub.ts'
import type { LinkReport } from '../edge/link-report.ts'
import { preflightAnswer } from './answers/answer.ts'
import { createErrorAnswer } from './answers/error-answer.ts'
import { observe } from './observation.ts'
import { createForeignRequestGuard, refusePreflight } from './connection/foreign-request-guard.ts'
import { addRoutes } from './routes/add-routes.ts'
import { isForeignPage } from './connection/foreign-page.ts'
import { PageMemory } from './answers/page-memory.ts'
import { sightOf } from '../access/sight-of.ts'
import type { RequestFacts } from '../access/request-facts.ts'
import { DaemonRouter, type RouteContext } from './router.ts'
import type { AppAccess } from './app-access.ts'
import type { FaultBook } from '../process/fault-book.ts'
import type { RequestTrace } from '../requests/request-trace.ts'
import type { Refused } from '../requests/request-watch.ts'
import type { TracedFacts } from '../requests/traced-facts.ts'

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
  readonly backups: Backups
  readonly offsite: Offsite
  readonly endedBook: Pick<EndedBook, 'failure'> | undefined
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
  const { checkHost, checkOrigin } = createForeignRequestGuard(settings, listener)
  const observation = observe(store, given.link, given.faults, given)
  const { watch } = observation
  const pages = new PageMemory()
  const viewOf = (c: RouteContext) => new RecordView(store, sightOf(c.get('principal')))
  const written = (id: string) => store.record(id)
  const parts = { ...given, router, hub, observation, pages, viewOf, written, did: identity.did }
  addRoutes(parts)

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
}

function known(facts: TracedFacts, { headers }: CorsDecision): TracedFacts {
  return 'vary' in headers ? { ...facts, cors: headers } : facts
}
