import { jsonAnswer } from '../answers/answer.ts'
import { answers } from '../schemas/describe.ts'
import { parseInput } from '../input/parse-input.ts'
import { EngineHealth, EngineHealthQuery } from '../schemas/engine-schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** Threads that `store_composition` names. */
const LARGEST_THREADS = 10

/**
 * `GET /v1/engine/health`: how large the store is, how it grows, and what fills it. Not open: it counts what a reader may not
 * see.
 */
export function addEngineHealth({ router, store, authorise }: RouteParts): void {
  router.on(
    {
      method: 'get',
      path: '/v1/engine/health',
      operationId: 'getEngineHealth',
      summary: 'Size, growth and composition of the store',
      request: { query: EngineHealthQuery },
      responses: { 200: answers(EngineHealth, 'The engine') },
    },
    async (c) => {
      const { details, store_composition } = parseInput(EngineHealthQuery, c.get('query'))
      const { sizes } = store
      const now = Date.now()
      const threads = store_composition ? await sizes.largestThreads(LARGEST_THREADS) : undefined
      authorise.still(c.get('principal'))
      return jsonAnswer(
        c.env,
        200,
        JSON.stringify({
          object: 'engine_health',
          ingested_total: store.head(),
          uptime_secs: Math.floor(process.uptime()),
          search: store.searchIndex.status,
          store: {
            ...sizes.now(),
            ...(details && { growth: sizes.growth(now) }),
            ...(threads && { composition: { largest_threads: threads } }),
          },
        }),
      )
    },
  )
}
