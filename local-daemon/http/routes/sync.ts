import { andThen } from '../../../protocol/maybe-promise.ts'
import type { z } from '@hono/zod-openapi'
import type { GrantEnd } from '../../access/bearer.ts'
import { type RecordView, viewWithin } from '../../store/record-view.ts'
import { holderOf } from '../../access/principal.ts'
import { syncJson } from '../../store/stored-record.ts'
import { subscriptionAnswer } from '../answers/answer.ts'
import { answers, linesOf, streams } from '../schemas/describe.ts'
import { nextCommit } from '../streams/long-poll.ts'
import { lastEventIdOf } from '../streams/last-event-id.ts'
import { acceptsLines } from '../input/lines-type.ts'
import { parseInput } from '../input/parse-input.ts'
import { exportAnswer } from '../answers/export-answer.ts'
import { listAnswer } from '../answers/list-answer.ts'
import type { RouteContext } from '../router.ts'
import { Changes, ChangesQuery, ResumeHeaders, SubscribeQuery } from '../schemas/schemas.ts'
import { Subscription } from '../streams/subscription.ts'
import { SubscriptionPieces } from '../streams/subscription-pieces.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { RouteParts } from './route-parts.ts'

const EVENTS = streams('Server-sent events; the id is a cursor', {
  record: 'SyncRecord',
  ready: 'Ready',
  error: 'Problem',
})

const EXPORT_ALONE = ['continue', 'own_threads'] as const
const LINES = linesOf('ExportHeader', 'ExportRecord', 'ExportPart')

/** `GET /v1/sync/changes` and `GET /v1/sync/subscribe`: records after a cursor, and new ones. */
export function addSync(parts: RouteParts): void {
  const { router, authorise, resumption, store, hub, stopping, grants, pages, viewOf } = parts

  function subscribe(c: RouteContext, query: z.output<typeof SubscribeQuery>) {
    const { thread, since } = query
    const view = viewWithin(viewOf(c), query.namespace)
    const after = placeOf(view, lastEventIdOf(c, query) ?? since)
    // A feed that begins with an unreadable record is refused here. Otherwise a client whose stream just ended with it would come back
    // each second.
    const principal = c.get('principal')
    const holder = holderOf(principal)
    const check = (): undefined => {
      if (after < view.head()) view.page({ thread }, after, view.head(), 1)
    }
    const checked = pages.make(holder, check, () => c.req.raw.signal.aborted)
    return andThen(checked, answer)

    function answer(): Response {
      const gone = c.req.raw.signal
      const watchGrant = (ended: (code: GrantEnd) => void) => grants.watch(principal, ended)
      const options = { view, hub, after, thread, stopping, gone, watchGrant }
      const resume = resumption.issue(c.req.raw, c.env, principal)
      const subscription = new Subscription(options)
      const pieces = new SubscriptionPieces(subscription, pages, holder)
      return subscriptionAnswer(c.env, subscription, pieces, resume)
    }
  }

  /** Waits for a commit, but no longer than the caller's grant. */
  async function nextGranted(c: RouteContext, isFor: (thread: string) => boolean): Promise<void> {
    const principal = c.get('principal')
    const ended = new AbortController()
    const unwatch = grants.watch(principal, () => ended.abort())
    await nextCommit(store.commits, isFor, [stopping, c.req.raw.signal, ended.signal])
    unwatch()
    authorise.still(principal)
  }

  router.on(
    {
      method: 'get',
      path: '/v1/sync/changes',
      operationId: 'listChanges',
      summary: 'Records after a cursor; feed=continuous is the event stream of /v1/sync/subscribe',
      request: { query: ChangesQuery, headers: ResumeHeaders },
      responses: {
        200: {
          description: 'Records in order of arrival',
          content: { ...answers(Changes, '').content, ...LINES.content, ...EVENTS.content },
        },
      },
    },
    async (c) => {
      const query = parseInput(ChangesQuery, c.get('query'))
      const { thread, since, limit, feed } = query
      const asksForLines = feed !== 'continuous' && acceptsLines(c.req.raw.headers)
      if (!asksForLines) refuseUnlessExport(query)
      if (feed === 'continuous') return subscribe(c, query)
      const seen = viewWithin(viewOf(c), query.namespace)
      const view = query.own_threads === 'false' ? seen.withoutOwn() : seen
      const begin = placeOf(view, since)
      const after = query.continue === undefined ? begin : placeOf(view, query.continue)
      const isEmpty = () => view.page({ thread }, after, view.head(), 1).records.length === 0
      // HEAD asks for no records: there is nothing to wait for.
      if (feed === 'longpoll' && c.req.method !== 'HEAD' && isEmpty()) {
        await nextGranted(c, (of) => (thread === undefined || of === thread) && view.sees(of))
      }
      if (asksForLines) {
        const isAll = c.get('query')['limit'] === undefined
        const filter = { thread }
        const most = isAll ? Infinity : limit
        return exportAnswer(c, parts, { view, filter, begin, after, limit: most })
      }
      const opening = '{"records":['
      return listAnswer(c, parts, {
        view,
        filter: { thread },
        after,
        limit,
        write: syncJson,
        opening,
      })
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/sync/subscribe',
      operationId: 'subscribe',
      summary: 'Records after a cursor and those to come, as an event stream',
      request: { query: SubscribeQuery, headers: ResumeHeaders },
      responses: { 200: EVENTS },
    },
    (c) => subscribe(c, parseInput(SubscribeQuery, c.get('query'))),
  )
}

function placeOf(view: RecordView, cursor: string | undefined): number {
  if (cursor === undefined) return 0
  return cursor === 'now' ? view.head() : view.placeOf(cursor)
}

/** @throws ProblemError for a parameter that only exports have */
function refuseUnlessExport(query: z.output<typeof ChangesQuery>): void {
  const field = EXPORT_ALONE.find((name) => query[name] !== undefined)
  if (field === undefined) return
  throw new ProblemError('INVALID_REQUEST', `${field}: is for exports`, {
    field,
    try: 'Send: Accept: application/x-ndjson; or leave it out',
  })
}
