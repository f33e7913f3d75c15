import type { Logger } from 'pino'
import { BearerCheck } from '../access/bearer.ts'
import { isLoopbackHost } from '../access/host-check.ts'
import type { Identity } from '../access/identity.ts'
import { FeedHub } from '../store/feed-hub.ts'
import type { Store } from '../store/open-store.ts'
import { problemAnswer } from './answer.ts'
import { createErrorAnswer } from './error-answer.ts'
import type { RequestFacts } from './request-facts.ts'
import { DaemonRouter } from './router.ts'
import { addGetRecord } from './routes/get-record.ts'
import { addHealth } from './routes/health.ts'
import { addListRecords } from './routes/list-records.ts'
import { addListThreads } from './routes/list-threads.ts'
import { addOpenApi } from './routes/openapi.ts'
import { addPostRecord } from './routes/post-record.ts'
import { addSync } from './routes/sync.ts'

/** The daemon's HTTP interface, for both listeners and for the tunnel. */
export interface DaemonApp {
  /** Answers a request. Never throws and never rejects. `request.signal` ends streams at once. */
  fetch(request: Request, facts: RequestFacts): Response | Promise<Response>
}

export interface AppParts {
  readonly store: Store
  readonly identity: Identity
  readonly logger: Logger
  /** Aborts when the daemon stops. */
  readonly stopping: AbortSignal
}

export function createApp({ store, identity, logger, stopping }: AppParts): DaemonApp {
  const router = new DaemonRouter(new BearerCheck(store, identity))
  const hub = new FeedHub(store.commits)
  const parts = { router, store, hub, did: identity.did, stopping }
  addHealth(parts)
  addPostRecord(parts)
  addGetRecord(parts)
  addListRecords(parts)
  addListThreads(parts)
  addSync(parts)
  addOpenApi(parts)

  const answerError = createErrorAnswer(logger)
  router.hono.notFound((c) => {
    const { method, headers } = c.req.raw
    if (method === 'OPTIONS' && headers.has('origin')) return refusePreflight(c.env)
    return answerError(router.unmatched(c.req.path), c.env)
  })
  router.hono.onError((error, c) => answerError(error, c.env))

  return {
    fetch(request, facts) {
      if (facts.via === 'loopback' && !isLoopbackHost(request.headers.get('host'))) {
        return problemAnswer(
          facts,
          'HOST_NOT_ALLOWED',
          'The Host header does not name this machine',
          {
            try: 'Use http://localhost or http://127.0.0.1 with the daemon’s port.',
          },
        )
      }
      return router.hono.fetch(request, facts)
    },
  }
}

/** Without an Access-Control-Allow-Origin header a browser keeps the real request to itself. */
function refusePreflight(facts: RequestFacts): Response {
  return problemAnswer(
    facts,
    'ORIGIN_NOT_ALLOWED',
    'No page of another origin may call this daemon',
    {
      try: 'Call it from a program, or from a page that this daemon serves.',
    },
  )
}
